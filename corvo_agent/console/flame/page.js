// The page of one flame graph: search, zoom, sandwich, table, help, keyboard. Its data stand in the page itself.

import { element } from "../shell/dom.js";
import { change, percent, quantity, Tree } from "./tree.js";
import { describe, FlameView } from "./view.js";

const HELP = [
  ["/", "search"],
  ["n  N", "next and previous match"],
  ["arrows", "walk from box to box"],
  ["Enter", "let the box fill the width"],
  ["Esc", "back: the search, the sandwich, the whole"],
  ["s", "sandwich: who calls the function above, what it calls below"],
  ["t", "table of functions"],
  ["d", "light or dark"],
  ["?", "this help"],
];
const MOST = 200;

/** The page around one tree. */
export class FlamePage {
  /** @type {FlameView[]} */
  views = [];
  sandwiched = -1;
  #match = -1;
  #themed = false;

  /** @param {HTMLElement} host @param {import("./tree.js").FlameData} data */
  constructor(host, data) {
    this.host = host;
    this.data = data;
    this.tree = new Tree(data);
    this.search = element("input", { className: "search" });
    this.search.type = "search";
    this.search.placeholder = "Search  /";
    this.search.setAttribute("aria-label", "Search functions and files");
    this.found = element("output", { className: "found" });
    this.detail = element("output", { className: "detail" });
    this.detail.setAttribute("aria-live", "polite");
    this.graphs = element("div", { className: "graphs" });
    this.table = element("section", { className: "table" });
    this.table.hidden = true;
    this.help = this.#help();
    host.append(this.#head(), this.graphs, this.table, element("footer", {}, this.detail), this.help);
    this.search.addEventListener("input", () => this.#searched());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#followScheme();
    this.whole();
  }

  #head() {
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
      this.#button("Whole", "Esc", () => this.whole()),
      this.#button("Sandwich", "s", () => this.sandwich()),
      this.#button("Table", "t", () => this.toggleTable()),
      this.#button("Theme", "d", () => this.theme()),
      this.#button("?", "?", () => this.toggleHelp()),
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

  /** @param {string} text @param {string} key @param {() => void} act */
  #button(text, key, act) {
    const button = element("button", { text, title: `${text} (${key})` });
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  #help() {
    const rows = HELP.map(([keys, does]) =>
      element("tr", {}, element("th", { text: keys }), element("td", { text: does })),
    );
    const help = element("dialog", {}, element("h2", { text: "Keys" }), element("table", {}, ...rows));
    help.setAttribute("aria-label", "Keys");
    return help;
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
      const link = this.#button(name, "sandwich", () => this.sandwich(row.function));
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

  /** Follow what the person has set for all pages, until they choose for this one. */
  #followScheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.#setTheme(dark.matches ? "dark" : "light");
    dark.addEventListener("change", () => this.#themed || this.#setTheme(dark.matches ? "dark" : "light"));
  }

  /** Change between light and dark. */
  theme() {
    this.#themed = true;
    this.#setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  }

  /** @param {"light" | "dark"} name */
  #setTheme(name) {
    document.documentElement.dataset.theme = name;
    for (const view of this.views) view.repaint();
  }

  toggleHelp() {
    if (this.help.open) this.help.close();
    else this.help.showModal();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") this.#back();
    else if (event.target === this.search) {
      if (event.key === "Enter") {
        this.next(1);
        this.view.canvas.focus();
      }
      return;
    } else if (event.key === "/") this.search.focus();
    else if (event.key === "n") this.next(1);
    else if (event.key === "N") this.next(-1);
    else if (event.key === "s") this.sandwich();
    else if (event.key === "t") this.toggleTable();
    else if (event.key === "d") this.theme();
    else if (event.key === "?") this.toggleHelp();
    else return;
    event.preventDefault();
  }

  #back() {
    if (this.help.open) this.help.close();
    else if (this.search.value) {
      this.search.value = "";
      this.#searched();
      this.view.canvas.focus();
    } else if (this.sandwiched >= 0) this.whole();
    else this.view.zoom(0);
  }
}

const host = document.getElementById("flame");
const text = document.getElementById("data")?.textContent;
if (host && text) Object.assign(window, { flame: new FlamePage(host, JSON.parse(text)) });
