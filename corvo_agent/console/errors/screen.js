// Errors by kind: of one Module, or of all that a selector selects, each with the way to its lines.

import { entryOf, textOf } from "../logs/record.js";
import { bar, button, buttons, choice, element, focusNext, setText } from "../shell/dom.js";
import { count, moment } from "../shell/format.js";
import { asked, moduleField, searchField } from "../shell/names.js";
import { go, remember } from "../shell/router.js";
import { empty, fill } from "../shell/states.js";
import { table } from "../shell/table.js";
import { errorsOf } from "./asking.js";
import { Kinds, linesOf } from "./kinds.js";

/** @type {[string, string][]} */
const SPANS = [
  ["10m", "last 10 minutes"],
  ["1h", "last hour"],
  ["8h", "last 8 hours"],
  ["24h", "last day"],
];
// Modules that a row names.
const NAMED = 3;

class Errors {
  kinds = new Kinds();
  #asking = new AbortController();

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {import("../shell/router.js").Route} route @param {AbortSignal} signal */
  constructor(host, app, { name, params }, signal) {
    this.app = app;
    this.name = name;
    this.signal = signal;
    this.selector = params.get("label-selector") ?? "";
    const says = {
      label: "Module, or a selector such as team=shop",
      hint: "All modules",
      value: name || this.selector,
    };
    const whose = moduleField(app, says, (text) => this.#go(text), signal);
    this.since = choice("Since", SPANS, params.get("since") ?? "1h", () => this.ask());
    this.search = searchField(app, "kinds", () => this.show(), signal);
    this.told = element("output", { className: "quiet" });
    this.body = element("div", { className: "page", tabindex: "0", role: "region", "aria-label": "Errors by kind" });
    const again = button("Ask again", () => this.ask(), { title: "Count anew (r)" });
    const title = element("h1", { text: "Errors" });
    host.append(bar(title, ...whose, this.since, this.search, this.told, buttons(again)), this.body);
    const keys = [
      { key: "r", does: "count anew", act: () => this.ask() },
      { key: "j", does: "next kind", act: () => focusNext(this.body, "tbody a", 1) },
      { key: "k", does: "kind before", act: () => focusNext(this.body, "tbody a", -1) },
    ];
    app.keys.add(keys, signal);
    this.ask();
  }

  ask() {
    const { app, name, selector } = this;
    const since = this.since.value;
    remember({ since });
    // An earlier question must not tell how far it is once this one is asked.
    this.#asking.abort();
    this.#asking = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#asking.signal]);
    const tell = (/** @type {string} */ text) => signal.aborted || setText(this.told, text);
    const ask = () => errorsOf(app, { name, selector, since }, tell, signal);
    const show = (/** @type {Kinds} */ kinds) => {
      this.kinds = kinds;
      return this.#parts();
    };
    void fill(this.body, signal, ask, show, `Asking ${name ? `the agent of ${name}` : "the agents"} …`);
  }

  show() {
    this.body.replaceChildren(...this.#parts());
  }

  /** @returns {Node[]} */
  #parts() {
    const { errors, others, remarks } = this.kinds;
    const kinds = this.kinds.matching(this.search.value);
    setText(this.told, `${count(errors)} errors, ${count(kinds.length)} kinds`);
    const notes = others ? [...remarks, `${count(others)} errors are of further kinds.`] : remarks;
    const told = notes.map((text) => element("p", { className: "quiet", text }));
    const command = `corvo errors ${this.name || "-l team=shop"} --since ${this.since.value}`;
    const nothing = errors
      ? "No kind has this in it."
      : `No errors in the ${this.since.selectedOptions[0]?.text}. In a terminal:`;
    if (!kinds.length) return [...told, empty(nothing, errors ? "" : command)];
    const heads = ["#Count", "Kind", "What its lines say", ...(this.name ? [] : ["Modules"]), "First", "Last"];
    return [
      ...told,
      table(
        "Errors by kind",
        heads,
        kinds.map((kind) => this.#cells(kind)),
      ).host,
    ];
  }

  /** @param {import("./kinds.js").Kind} kind */
  #cells(kind) {
    const { modules, exception, frame, message, newest } = kind;
    const at = (/** @type {string | null} */ time) => (time ? moment(time) : "");
    const title = "Its lines in the logs";
    const link = element("a", { href: linesOf(kind, this.since.value), text: exception || "error", title });
    const place = element("div", { className: "quiet", text: frame });
    const line = element("pre", { text: textOf(entryOf(modules.at(-1) ?? "", newest)) });
    const says = element("details", {}, element("summary", { text: message || "(nothing)" }), line);
    const more = modules.length > NAMED ? ` and ${modules.length - NAMED} more` : "";
    const named = this.name ? [] : [modules.slice(0, NAMED).join(", ") + more];
    return [count(kind.count), element("div", {}, link, place), says, ...named, at(kind.first), at(kind.last)];
  }

  /** @param {string} text */
  #go(text) {
    const { names, selector } = asked(text);
    go("errors", names[0], { "label-selector": selector, since: this.since.value });
  }
}

/** @type {import("../shell/app.js").Screen} */
export const errors = {
  path: "errors",
  title: "Errors",
  menu: true,
  mount: (host, app, route, signal) => void new Errors(host, app, route, signal),
};
