// The fleet: every Module, live, filtered, sorted and grouped; those selected can be acted on.

import { now } from "../shell/clock.js";
import { bar, button, choice, element, every, field, setText } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { VirtualList } from "../shell/list.js";
import { go, remember } from "../shell/router.js";
import { empty, failure, Standing } from "../shell/states.js";
import { actions } from "./actions.js";
import { parseFilter } from "./filter.js";
import { filterHelp } from "./help.js";
import { MEASURE, MEASURED, Measuring } from "./measuring.js";
import { Fleet } from "./rows.js";
import { differs, fillRow, headings, makeRow, STATUSES } from "./table.js";

const START = "corvo run --module shop --etcd http://127.0.0.1:2379 -- python shop.py";
// Milliseconds between two looks at what has changed.
const LOOK = 200;

// Kept while other screens are shown: who comes back sees it at once, dimmed until it is listed anew. Who signs in anew
// may see other Modules.
/** @type {WeakMap<object, Fleet>} */
const FLEETS = new WeakMap();

/** @param {App} app */
function fleetOf({ session }) {
  const who = /** @type {object} */ (session.who);
  const found = FLEETS.get(who) ?? new Fleet();
  FLEETS.set(who, found);
  found.listed = false;
  return found;
}

/** @typedef {import("../shell/app.js").App} App */
/** @typedef {import("./filter.js").Row} Row */

/** @param {(Row | import("./rows.js").Group)[]} items */
function modules(items) {
  return items.flatMap((item) => ("group" in item ? [] : [item]));
}

class FleetScreen {
  /** @type {(Row | import("./rows.js").Group)[]} */
  items = [];
  /** @type {Set<string>} */
  selected = new Set();
  cursor = -1;
  /** The Module under the cursor, which keeps it when rows come and go above. */
  under = "";
  changed = true;

  /** @param {HTMLElement} host @param {App} app @param {import("../shell/router.js").Route} route @param {AbortSignal} signal */
  constructor(host, app, route, signal) {
    this.host = host;
    this.app = app;
    this.signal = signal;
    this.known = fleetOf(app);
    const typed = () => this.filter(this.box.value);
    this.box = field("Filter", "Filter  /", { type: "search", "aria-describedby": "wrong", on: { input: typed } });
    this.wrong = element("output", { id: "wrong", className: "failed" });
    this.tallies = element("div", { className: "tallies" });
    this.by = choice("Group by", [["", "no groups"]], "", (value) => this.arrange({ group: value }));
    this.progress = element("output", { className: "quiet" });
    const help = button("Filters", () => this.help.showModal(), { title: "What the filter understands" });
    this.help = filterHelp();
    const { head, all } = headings((order) => this.arrange({ sort: order }));
    this.head = head;
    this.all = all;
    all.addEventListener("change", () => this.selectAll(all.checked));
    this.table = element(
      "div",
      { className: "list", role: "grid", tabindex: "0", "aria-label": "Modules", "aria-multiselectable": "true" },
      head,
    );
    this.state = new Standing();
    const selected = () => [...this.selected].sort();
    this.actions = actions(app, selected, () => this.selectAll(false), signal);
    host.append(
      element("h1", { className: "unseen", text: "Fleet" }),
      bar(this.box, help, this.by, this.tallies, this.wrong, this.progress),
      this.actions.bar,
      this.state.host,
      this.table,
      this.help,
    );
    this.measuring = new Measuring(app, this.known, signal, (text) => {
      setText(this.progress, text);
      this.changed = true;
    });
    this.list = new VirtualList(this.table, {
      make: () => this.make(),
      fill: (made, index) => this.fill(made, index),
      seen: () => this.measuring.inSight(this.sight()),
    });
    this.keys();
    this.update(route);
    app.stream.subscribe({ kind: "statuses" }, (message) => this.take(message), signal);
    every(LOOK, () => this.look(), signal);
    every(1000, () => this.list.show(this.items.length), signal);
    every(MEASURE, () => this.measuring.inSight(this.sight()), signal);
  }

  /** The fragment tells of another filter, order or group. @param {import("../shell/router.js").Route} route */
  update({ params }) {
    this.box.value = params.get("filter") ?? "";
    this.sort = params.get("sort") ?? "name";
    this.group = params.get("group") ?? "";
    this.read();
  }

  /** @param {string} text */
  filter(text) {
    remember({ filter: text });
    this.read();
  }

  read() {
    try {
      this.holds = parseFilter(this.box.value);
      setText(this.wrong, "");
    } catch (error) {
      // The one before it stays in force while this one is being typed.
      setText(this.wrong, /** @type {Error} */ (error).message);
      this.holds ??= () => true;
    }
    this.box.setAttribute("aria-invalid", String(this.wrong.textContent !== ""));
    this.cursor = -1;
    this.under = "";
    this.changed = true;
    this.look();
    this.measureOrder();
  }

  /** @param {Record<string, string>} how */
  arrange(how) {
    remember(how);
    this.sort = how.sort ?? this.sort;
    this.group = how.group ?? this.group;
    this.read();
  }

  /** @param {any} message */
  take(message) {
    if (message.type === "error") {
      this.state.show(message.error.message, () => failure(message.error, () => this.app.stream.retry()));
      return;
    }
    this.known.take(message);
    if (message.type === "listed") this.measureOrder();
    this.changed = true;
  }

  /** Draw what has changed since the last look. */
  look() {
    if (!this.changed) return;
    this.changed = false;
    this.items = this.known.shown(this.holds ?? (() => true), this.sort ?? "name", this.group ?? "");
    if (this.under) this.cursor = this.items.findIndex((item) => "name" in item && item.name === this.under);
    for (const name of this.selected) if (!this.known.rows.has(name)) this.selected.delete(name);
    this.actions.show(this.selected.size);
    const rows = modules(this.items);
    const chosen = this.selected.size && rows.filter((row) => this.selected.has(row.name)).length;
    this.all.checked = chosen > 0 && chosen === rows.length;
    this.all.indeterminate = chosen > 0 && chosen < rows.length;
    this.host.classList.toggle("old", !this.known.listed);
    this.list.show(this.items.length);
    this.table.setAttribute("aria-rowcount", String(this.items.length + 1));
    this.tellState();
    this.tellCounts();
    for (const each of this.head.querySelectorAll("button")) {
      each.parentElement?.setAttribute(
        "aria-sort",
        each.dataset.order === this.sort ? (this.sort === "name" ? "ascending" : "descending") : "none",
      );
    }
  }

  /** The Modules in sight. */
  sight() {
    return modules(this.items.slice(this.list.first, this.list.end));
  }

  /** An order by what is measured needs all that are shown to be measured. */
  measureOrder() {
    if (MEASURED.has(this.sort ?? "") && this.known.listed) this.measuring.all(modules(this.items));
  }

  tellState() {
    this.table.hidden = this.items.length === 0;
    if (this.items.length) this.state.show("");
    else if (this.known.rows.size)
      this.state.show(`None of ${count(this.known.rows.size)} modules fits the filter.`, this.none);
    else if (this.known.listed)
      this.state.show("There are no modules yet. A service becomes one with", (text) => empty(text, START));
    else this.state.show("Listing the fleet …");
  }

  /** @param {string} text */
  none = (text) => {
    const told = empty(text);
    told.append(button("Clear the filter", () => this.setFilter("")));
    return told;
  };

  tellCounts() {
    /** @type {Record<string, number>} */
    const counts = {};
    let differ = 0;
    for (const row of this.known.rows.values()) {
      counts[row.status] = (counts[row.status] ?? 0) + 1;
      if (row.status === "live" && differs(row)) differ += 1;
    }
    const shown = modules(this.items).length;
    const all = this.known.rows.size;
    const texts = [[shown === all ? `${count(all)} modules` : `${count(shown)} of ${count(all)}`, ""]];
    for (const status of Object.keys(STATUSES))
      if (counts[status])
        texts.push([`${count(counts[status])} ${STATUSES[/** @type {Row["status"]} */ (status)][0]}`, status]);
    if (differ) texts.push([`${count(differ)} ≠ level`, ""]);
    while (this.tallies.childElementCount > texts.length) this.tallies.lastChild?.remove();
    texts.forEach(([text, status], index) => {
      const tally = /** @type {HTMLElement} */ (
        this.tallies.children[index] ??
          this.tallies.appendChild(button("", () => this.setFilter(tally.dataset.filter ?? "")))
      );
      setText(tally, text);
      tally.dataset.filter = status ? `status=${status}` : index ? "status=live,in-force=no" : "";
      tally.className = `tally ${status}`;
    });
    this.tellGroups();
  }

  /** @param {string} text */
  setFilter(text) {
    this.box.value = text;
    this.filter(text);
  }

  tellGroups() {
    const keys = new Set(["node", "service", "status", "category", ...[...this.known.labels].sort()]);
    const group = this.group ?? "";
    // A link may name a label that no Module has any more.
    if (group) keys.add(group);
    if (this.by.options.length !== keys.size + 1) {
      const options = [...keys].map((key) => element("option", { value: key, text: `by ${key}` }));
      this.by.replaceChildren(element("option", { value: "", text: "no groups" }), ...options);
    }
    if (this.by.value !== group) this.by.value = group;
  }

  make() {
    const made = makeRow();
    made.addEventListener("click", (event) => {
      const index = Number(made.dataset.index);
      if (!this.rowAt(index)) return;
      if (event.target instanceof HTMLInputElement) this.toggleAt(index);
      this.move(index);
    });
    made.addEventListener("dblclick", () => this.open(Number(made.dataset.index)));
    return made;
  }

  /** @param {HTMLElement} made @param {number} index */
  fill(made, index) {
    const item = this.items[index];
    if (!item) return;
    made.id = `row-${index}`;
    made.dataset.index = String(index);
    made.setAttribute("aria-rowindex", String(index + 2));
    const selected = "name" in item && this.selected.has(item.name);
    fillRow(made, item, { selected, cursor: index === this.cursor, now: now() });
  }

  keys() {
    const step = (/** @type {number} */ by) => () =>
      this.move(Math.max(0, Math.min(this.items.length - 1, this.cursor + by)));
    const bindings = [
      { key: "/", does: "filter", act: () => this.box.focus() },
      { key: "j", does: "next module", act: step(1) },
      { key: "ArrowDown", does: "next module", act: step(1) },
      { key: "k", does: "previous module", act: step(-1) },
      { key: "ArrowUp", does: "previous module", act: step(-1) },
      { key: "PageDown", does: "a page on", act: step(20) },
      { key: "PageUp", does: "a page back", act: step(-20) },
      { key: "Home", does: "first module", act: step(-Infinity) },
      { key: "End", does: "last module", act: step(Infinity) },
      { key: "Enter", does: "open the module", act: () => this.open(this.cursor) },
      { key: "x", does: "select the module", act: () => this.toggleAt(this.cursor) },
      { key: " ", does: "select the module", act: () => this.toggleAt(this.cursor) },
      { key: "a", does: "select all that are shown", act: () => this.selectAll(true) },
      { key: "e", does: "most errors first", act: () => this.arrange({ sort: "errors" }) },
      { key: "Escape", does: "leave the filter, or give up what is selected", act: () => this.back() },
    ];
    this.app.keys.add(bindings, this.signal);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") {
        event.preventDefault();
        this.table.focus();
        this.move(0);
      }
    });
  }

  back() {
    if (document.activeElement === this.box) this.table.focus();
    else if (this.selected.size) this.selectAll(false);
    else if (this.box.value) this.setFilter("");
  }

  /** @param {number} index */
  move(index) {
    this.cursor = index;
    this.under = this.rowAt(index)?.name ?? "";
    this.list.reveal(index);
    this.table.setAttribute("aria-activedescendant", `row-${index}`);
    this.list.show(this.items.length);
  }

  /** The Module that is shown there; a heading is none. @param {number} index */
  rowAt(index) {
    const item = this.items[index];
    return item && "name" in item ? item : undefined;
  }

  /** @param {number} index */
  open(index) {
    const row = this.rowAt(index);
    if (row) go("module", row.name);
  }

  /** @param {number} index */
  toggleAt(index) {
    const name = this.rowAt(index)?.name;
    if (!name) return;
    if (!this.selected.delete(name)) this.selected.add(name);
    this.changed = true;
    this.look();
  }

  /** @param {boolean} on */
  selectAll(on) {
    this.selected = new Set(on ? modules(this.items).map((row) => row.name) : []);
    this.changed = true;
    this.look();
  }
}

/** @type {import("../shell/app.js").Screen} */
export const fleet = {
  path: "fleet",
  title: "Fleet",
  menu: true,
  mount: (host, app, route, signal) => new FleetScreen(host, app, route, signal),
};
