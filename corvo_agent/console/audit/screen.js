// The audit: what callers have done at this gateway, the newest first, as it happens.

import { bar, choice, element, field, setText } from "../shell/dom.js";
import { changeOf, whenOf, whoOf } from "../shell/entries.js";
import { count } from "../shell/format.js";
import { moduleField, searchField } from "../shell/names.js";
import { fragment, go, remember } from "../shell/router.js";
import { ApiError } from "../shell/session.js";
import { empty, failure, loading } from "../shell/states.js";
import { table } from "../shell/table.js";

// Entries that the page keeps, as many as the gateway does.
const MOST = 1000;
// What only asks; all else changes something, or was refused. Whoever follows a log cancels that to end it.
const LOOKS = new Set(["debug", "follow", "counts"]);
const SOUND = ["ok", "cancelled", ""];

/** @typedef {import("../shell/entries.js").Entry} Entry */

class Audit {
  /** @type {{row: HTMLElement, text: string, looks: boolean}[]} */
  rows = [];
  listed = false;

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {import("../shell/router.js").Route} route @param {AbortSignal} signal */
  constructor(host, app, { name, params }, signal) {
    const who = params.get("who") ?? "";
    const says = { label: "Module", hint: "Any module", value: name };
    const caller = field("Who", "Anyone", { value: who });
    caller.addEventListener("change", () => go("audit", name, { ...shown(), who: caller.value.trim() }));
    /** @type {[string, string][]} */
    const all = [
      ["", "Changes and refusals"],
      ["all", "Questions, too"],
    ];
    this.what = choice("What is shown", all, params.get("what") ?? "", (what) => {
      remember({ what });
      this.show();
    });
    const shown = () => ({ what: this.what.value });
    this.search = searchField(app, "entries", () => this.show(), signal);
    this.told = element("output", { className: "quiet" });
    const whose = moduleField(app, says, (text) => go("audit", text, { ...shown(), who }), signal);
    const heads = ["Time", "What", "Module", "Details", "Who", "Reason", "Result", "From"];
    this.table = table("Audit", heads);
    this.state = element("div", {}, loading("Listing what was done …"));
    const where = `Kept by this gateway, ${app.session.who?.gateway.id ?? ""}; others keep their own.`;
    const kept = element("p", { className: "quiet", text: where });
    const body = element("div", { className: "page" }, this.state, this.table.host, kept);
    host.append(bar(element("h1", { text: "Audit" }), ...whose, caller, this.what, this.search, this.told), body);
    this.table.host.hidden = true;
    const why = app.session.refusal("GET /audit");
    const wanted = { kind: "audit", ...(name && { module: name }), ...(who && { who }) };
    if (why) this.state.replaceChildren(failure(new ApiError(403, "Forbidden", [why])));
    else app.stream.subscribe(wanted, (message) => this.take(message), signal);
  }

  /** @param {any} message */
  take(message) {
    if (message.type === "opened") {
      for (const { row } of this.rows.splice(0)) row.remove();
      this.listed = false;
    } else if (message.type === "entry") this.#add(message.object);
    else if (message.type === "gap") this.#gap(message.missed);
    else if (message.type === "listed") this.listed = true;
    else if (message.type === "error") return this.state.replaceChildren(failure(message.error));
    if (this.listed) this.show();
  }

  /** @param {Entry} entry */
  #add(entry) {
    const { what, module = "", reason = "", by = "", result = "", from = "" } = entry;
    const named = module ? element("a", { href: fragment("module", module), text: module }) : "";
    const isSound = SOUND.includes(result);
    const fault = isSound ? result : element("span", { className: "failed", text: result });
    const cells = [whenOf(entry), what, named, changeOf(entry), whoOf(entry), reason || by, fault, from];
    this.#put(this.table.row(cells), LOOKS.has(what) && isSound);
  }

  /** @param {number} missed */
  #gap(missed) {
    const text = `${count(missed)} entries were missed: there were more than the gateway keeps.`;
    this.#put(element("tr", { className: "gap" }, element("td", { colspan: "8", text })), false);
  }

  /** @param {HTMLElement} row @param {boolean} looks */
  #put(row, looks) {
    this.table.body.prepend(row);
    this.rows.push({ row, looks, text: row.textContent.toLowerCase() });
    if (this.rows.length > MOST) this.rows.shift()?.row.remove();
  }

  show() {
    const wanted = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const { row, text, looks } of this.rows) {
      row.hidden = (looks && !this.what.value) || !text.includes(wanted);
      shown += Number(!row.hidden);
    }
    setText(this.told, `${count(shown)} of ${count(this.rows.length)} entries`);
    this.table.host.hidden = !shown;
    const nothing = wanted
      ? "No entry has this in it."
      : "Nothing was changed, and nothing refused, that is remembered.";
    this.state.replaceChildren(...(shown ? [] : [empty(nothing, "corvo history NAME")]));
  }
}

/** @type {import("../shell/app.js").Screen} */
export const audit = {
  path: "audit",
  title: "Audit",
  menu: true,
  mount: (host, app, route, signal) => void new Audit(host, app, route, signal),
};
