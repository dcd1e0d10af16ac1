// A flame graph with what is asked of it: search, zoom, sandwich, table, keyboard. In a page of its own or in the console.

import { button, element } from "../shell/dom.js";
import { change, percent, quantity, Tree } from "./tree.js";
import { describe, FlameView } from "./view.js";

const MOST = 200;

/** One tree, drawn in ``host``. */
export class FlameGraph {
  /** @type {FlameView[]} */
  views = [];
  sandwiched = -1;
  #match = -1;

  /** @param {HTMLElement} host @param {import("./tree.js").FlameData} data @param {HTMLElement[]} [more] further buttons */
  constructor(host, data, more = []) {
    this.host = host;
    this.data = data;
    this.tree = new Tree(data);
    this.search = element("input", {
      className: "search",
      type: "search",
      placeholder: "Search  /",
      "aria-label": "Search functions and files",
    });
    this.found = element("output", { className: "found" });
    this.detail = element("output", { className: "detail", "aria-live": "polite" });
    this.graphs = element("div", { className: "graphs" });
    this.table = element("section", { className: "table" });
    this.table.hidden = true;
    host.classList.add("flame-graph");
    host.append(this.#head(more), this.graphs, this.table, element("footer", {}, this.detail));
    this.search.addEventListener("input", () => this.#searched());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      this.next(1);
      this.view.canvas.focus();
    });
    this.whole();
  }

  /** What keys do here, for whoever hears them. @returns {import("../shell/keys.js").Binding[]} */
  get bindings() {
    return [
      { key: "/", does: "search functions and files", act: () => this.search.focus() },
      { key: "n", does: "next match", act: () => this.next(1) },
      { key: "N", does: "match before", act: () => this.next(-1) },
      { key: "s", does: "sandwich: who calls the function above, what it calls below", act: () => this.sandwich() },
      { key: "t", does: "table of functions", act: () => this.toggleTable() },
      { key: "Escape", does: "back: the search, the sandwich, the whole", act: () => this.back() },
    ];
  }

  /** @param {HTMLElement[]} more */
  #head(more) {
    const { title, type, unit, diff } = this.data;
    const now = quantity(this.tree.value[0], unit);
    const since = diff ? `, ${change(this.tree.value[0], this.tree.before[0], unit)} since` : "";
    const legend = element("span", { className: "legend" });
    if (diff)
      legend.append(
        element("span", { className: "more", text: "more" }),
        element("span", { className: "less", text: "less" }),
      );
    const buttons = [
      button("Whole", () => this.whole(), { title: "Whole (Esc)" }),
      button("Sandwich", () => this.sandwich(), { title: "Sandwich (s)" }),
      button("Table", () => this.toggleTable(), { title: "Table (t)" }),
      ...more,
    ];
    return element(
      "header",
      {},
      element("h1", { text: title }),
      element("p", { className: "total", text: `${type}: ${now}${since}` }),
      legend,
      this.search,
      this.found,
      element("div", { className: "buttons" }, ...buttons),
    );
  }

  get view() {
    return this.views[this.views.length - 1];
  }

  /** Show the whole tree. */
  whole() {
    this.sandwiched = -1;
    this.#show([[this.tree, false, "All calls, callers above what they call"]]);
  }

  /** Show who calls a function and what it calls; the selected one's unless given. @param {number} [fn] */
  sandwich(fn = this.view.tree.fn[this.view.selected]) {
    if (fn < 0) {
      this.#tell("Select a function first, by a click or the arrows.");
      return;
    }
    this.sandwiched = fn;
    const name = this.data.functions[fn][0];
    this.#show([
      [this.tree.callers(fn), true, `Callers of ${name}`],
      [this.tree.callees(fn), false, `What ${name} calls`],
    ]);
  }

  /** @param {[Tree, boolean, string][]} trees */
  #show(trees) {
    this.graphs.replaceChildren();
    this.views = trees.map(([tree, upward, label]) => {
      const box = element("div", { className: upward ? "graph upward" : "graph" });
      this.graphs.append(box);
      /** @type {FlameView} */
      const view = new FlameView(box, tree, {
        label,
        upward,
        select: (node) => this.#tell(describe(tree, node)),
        hover: (node) => this.#tell(describe(tree, node < 0 ? view.selected : node)),
        open: (node) => this.sandwich(tree.fn[node]),
      });
      // Its whole stands at the bottom, which is where the other tree begins.
      if (upward) requestAnimationFrame(() => (box.scrollTop = box.scrollHeight));
      return view;
    });
    this.#searched();
    this.#tell(describe(this.view.tree, 0));
  }

  /** @param {string} text */
  #tell(text) {
    this.detail.textContent = text;
  }

  #searched() {
    const functions = this.tree.search(this.search.value);
    for (const view of this.views) view.mark(functions);
    const value = this.tree.valueOf(functions);
    this.found.textContent = this.search.value.trim()
      ? `${functions.size} functions, ${percent(value, this.tree.value[0])}`
      : "";
    this.#match = -1;
    if (!this.table.hidden) this.#fillTable();
  }

  /** Select the next box that matches. @param {1 | -1} step */
  next(step) {
    const tree = this.view.tree;
    const functions = this.tree.search(this.search.value);
    if (!functions.size) return;
    for (let looked = 0; looked < tree.size; looked++) {
      this.#match = (this.#match + step + tree.size) % tree.size;
      if (functions.has(tree.fn[this.#match])) {
        this.view.select(this.#match);
        return;
      }
    }
  }

  /** Show or hide the functions as a table: what the picture says, for whoever cannot see it. */
  toggleTable() {
    this.table.hidden = !this.table.hidden;
    if (!this.table.hidden) this.#fillTable();
    for (const view of this.views) view.draw();
  }

  #fillTable() {
    const { unit, diff, functions } = this.data;
    const whole = this.tree.value[0];
    const wanted = this.search.value.trim() ? this.tree.search(this.search.value) : null;
    const rows = this.tree.top().filter((row) => !wanted || wanted.has(row.function));
    const body = rows.slice(0, MOST).map((row) => {
      const [name, file] = functions[row.function];
      const link = button(name, () => this.sandwich(row.function), { className: "link", title: "Sandwich" });
      const cells = [
        quantity(row.own, unit),
        percent(row.own, whole),
        quantity(row.total, unit),
        percent(row.total, whole),
      ];
      if (diff) cells.push(change(row.total, row.before, unit));
      return element(
        "tr",
        {},
        ...cells.map((text) => element("td", { text })),
        element("td", {}, link),
        element("td", { text: file }),
      );
    });
    const heads = ["OWN", "OWN%", "WITH CALLS", "%", ...(diff ? ["CHANGE"] : []), "FUNCTION", "FILE"];
    const head = element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { text }))));
    const rest = rows.length - body.length;
    this.table.replaceChildren(
      element("table", {}, head, element("tbody", {}, ...body)),
      ...(rest > 0 ? [element("p", { text: `${rest} more functions: search for them` })] : []),
    );
  }

  /** Draw anew in the colours of another theme. */
  repaint() {
    for (const view of this.views) view.repaint();
  }

  back() {
    if (this.search.value) {
      this.search.value = "";
      this.#searched();
      this.view.canvas.focus();
    } else if (this.sandwiched >= 0) this.whole();
    else this.view.zoom(0);
  }
}
