// What is asked for: which Module, completed from those that there are and offered where none is named; and a search.

import { element, field } from "./dom.js";
import { count } from "./format.js";
import { fragment } from "./router.js";
import { command, fill } from "./states.js";

// Names that are offered at once.
const MOST = 40;

/**
 * The field that searches what a screen shows, with its keys: / leads to it, Esc forgets what is in it.
 * @param {App} app @param {string} what @param {() => void} show @param {AbortSignal} signal
 */
export function searchField(app, what, show, signal) {
  const made = field(`Search ${what}`, "Search  /", { type: "search", on: { input: show } });
  const forget = () => {
    made.value = "";
    made.blur();
    show();
  };
  const find = { key: "/", does: `search ${what}`, act: () => made.focus() };
  app.keys.add([find, { key: "Escape", does: "forget the search", act: forget }], signal);
  return made;
}

/** The names or the selector that a text is. @param {string} text */
export function asked(text) {
  const isSelector = /[=!()]/.test(text);
  return { names: isSelector ? [] : text.split(/[\s,]+/).filter(Boolean), selector: isSelector ? text : "" };
}

/** @typedef {import("./app.js").App} App @typedef {import("../fleet/filter.js").Row} Row */

/** The Modules that there are, those that answer first. @param {App} app @param {AbortSignal} signal @returns {Promise<Row[]>} */
export async function listed(app, signal) {
  const { items } = await app.session.json("statuses", { signal });
  const isLive = (/** @type {Row} */ { status }) => Number(status === "live");
  return items.sort((/** @type {Row} */ a, /** @type {Row} */ b) => isLive(b) - isLive(a));
}

/**
 * The field for a name, or for several, and the list that completes the last of them; ``chosen`` is told the text.
 * @param {App} app @param {{label: string, hint: string, value: string}} says @param {(text: string) => void} chosen @param {AbortSignal} signal
 */
export function moduleField(app, { label, hint, value }, chosen, signal) {
  const list = element("datalist", { id: "names" });
  /** @type {string[]} */
  let names = [];
  const complete = () => {
    const begun = made.value.split(/[\s,]/).at(-1) ?? "";
    const before = made.value.slice(0, made.value.length - begun.length);
    const found = names.filter((name) => name.includes(begun)).slice(0, MOST);
    list.replaceChildren(...found.map((name) => element("option", { value: before + name })));
  };
  const ask = async () => {
    // To complete is no more than a help: without it names can be typed.
    names = (await listed(app, signal).catch(() => [])).map((row) => row.name);
    complete();
  };
  const made = field(label, hint, {
    ...{ value, list: "names", autocomplete: "off" },
    on: { focus: () => names.length || void ask(), input: complete, change: () => chosen(made.value.trim()) },
  });
  return /** @type {const} */ ([made, list]);
}

/**
 * What stands on a screen about one Module where none is named: why, the command, and a link to each.
 * @param {App} app @param {string} screen @param {string} text @param {string} starts the command for it @param {AbortSignal} signal
 */
export function whose(app, screen, text, starts, signal) {
  const names = element("nav", { className: "names", "aria-label": "Choose one" });
  const links = (/** @type {Row[]} */ rows) => {
    const shown = rows
      .slice(0, MOST)
      .map(({ name, status }) =>
        element("a", { className: `label data ${status}`, href: fragment(screen, name), text: name }),
      );
    const more = rows.length - shown.length;
    return more > 0
      ? [...shown, element("a", { href: "#/fleet", text: `and ${count(more)} more in the fleet` })]
      : shown;
  };
  void fill(names, signal, () => listed(app, signal), links, "Listing modules …");
  const terminal = element("p", { text: "In a terminal:" });
  return element("div", { className: "state" }, element("p", { text }), names, terminal, command(starts));
}
