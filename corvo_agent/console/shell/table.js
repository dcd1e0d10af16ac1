// Tables: heads that are told, numbers at the right, and a place of its own to scroll, by the keyboard, too.

import { element } from "./dom.js";

/**
 * A table and the body that its rows stand in.
 * @param {string} label @param {string[]} heads "" where a column needs none, "#" before that of numbers
 * @param {(Node | string)[][]} [cells] of the rows
 */
export function table(label, heads, cells = []) {
  const isNumber = heads.map((text) => text.startsWith("#"));
  const classOf = (/** @type {number} */ column) => (isNumber[column] ? "number" : "");
  const head = heads.map((text, column) =>
    text ? element("th", { scope: "col", className: classOf(column), text: text.replace("#", "") }) : element("td", {}),
  );
  const body = element("tbody", {});
  const row = (/** @type {(Node | string)[]} */ texts) =>
    element("tr", {}, ...texts.map((text, column) => element("td", { className: classOf(column) }, text)));
  body.append(...cells.map(row));
  const whole = element("table", { className: "data" }, element("thead", {}, element("tr", {}, ...head)), body);
  const host = element(
    "div",
    { className: "scroll", tabindex: "0", role: "region", "aria-label": `${label}, table` },
    whole,
  );
  return { host, body, row };
}

/** A table of names and what they mean. @param {string[][]} rows */
export function meanings(rows) {
  const row = (/** @type {string[]} */ [name, means]) =>
    element("tr", {}, element("th", { scope: "row", text: name }), element("td", { text: means }));
  return element("table", {}, ...rows.map(row));
}
