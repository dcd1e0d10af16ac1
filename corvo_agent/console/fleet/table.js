// The fleet as rows: what stands in each column, and how a row is marked.

import { button, element, setText } from "../shell/dom.js";
import { age, bytes, count, since, span } from "../shell/format.js";
import { fragment } from "../shell/router.js";

/** @typedef {import("./filter.js").Row} Row */
/** @typedef {import("./rows.js").Group} Group */

/** What a status is called, and what it means. @type {Record<Row["status"], [string, string]>} */
export const STATUSES = {
  live: ["live", "its agent is registered and answers"],
  frozen: ["frozen", "its agent is registered, but its process does nothing any more"],
  silent: ["silent", "its agent is registered, but cannot be reached"],
  "no-agent": ["no agent", "no agent is registered: it has ended, or never had one"],
  invalid: ["invalid", "what is stored for it cannot be followed"],
};

// The level of a Module that says none.
const CONFIGURED = "as configured";
// Milliseconds after which what was measured is shown as what was.
const OLD = 30_000;

/** The columns behind the box and the name: class, heading, what it means, and the order that it stands for. */
const COLUMNS = [
  ["status", "Status", "whether its agent answers", "status"],
  ["level", "Level", "the wanted log level; ≠ before another one that is in force; how long an override lasts", ""],
  ["number errors", "Errors", "errors logged in the last 10 minutes", "errors"],
  ["number cpu", "CPU", "percent of one processor", "cpu"],
  ["number rss", "Memory", "resident memory", "rss"],
  ["number lag", "Lag", "how late the event loop was at most in the last minute", "loop-lag"],
  ["number workers", "Workers", "processes of the Module", ""],
  ["number restarts", "Restarts", "how often it was restarted", "restarts"],
  ["number up", "Up", "since when it runs", "started"],
];

/**
 * The headings; each that stands for an order is a button for it.
 * @param {(order: string) => void} sort
 */
export function headings(sort) {
  const all = element("input", { type: "checkbox", "aria-label": "Select all that are shown" });
  const sorting = (/** @type {string} */ text, /** @type {string} */ order) =>
    button(text, () => sort(order), { "data-order": order });
  const cells = [all, sorting("Name", "name")].map((of) => element("span", { role: "columnheader" }, of));
  for (const [className, text, title, order] of COLUMNS) {
    const head = order ? sorting(text, order) : text;
    cells.push(element("span", { role: "columnheader", className, title }, head));
  }
  return { head: element("div", { role: "row", className: "heads" }, ...cells), all };
}

/** An empty row. */
export function makeRow() {
  const box = element("input", { type: "checkbox", tabindex: "-1" });
  const cells = COLUMNS.map(([className]) => element("span", { role: "gridcell", className }));
  const name = element("a", { className: "name", tabindex: "-1" });
  const selects = element("span", { role: "gridcell" }, box);
  const named = element("span", { role: "gridcell", className: "named" }, name);
  return element("div", { role: "row" }, selects, named, ...cells);
}

/**
 * Put a Module, or the heading of a group, into a row.
 * @param {HTMLElement} made @param {Row | Group} item @param {{selected: boolean, cursor: boolean, now: number}} state
 */
export function fillRow(made, item, { selected, cursor, now }) {
  const [boxCell, nameCell, ...cells] = /** @type {HTMLElement[]} */ ([...made.children]);
  const link = /** @type {HTMLAnchorElement} */ (nameCell.firstChild);
  const box = /** @type {HTMLInputElement} */ (boxCell.firstChild);
  made.setAttribute("aria-selected", String(selected));
  if ("group" in item) {
    made.className = cursor ? "group cursor" : "group";
    box.hidden = true;
    link.removeAttribute("href");
    const errors = item.errors ? `, ${count(item.errors)} errors` : "";
    const trouble = item.trouble ? `, ${count(item.trouble)} to look at` : "";
    setText(link, `${item.group}: ${count(item.count)}${trouble}${errors}`);
    for (const cell of cells) setText(cell, "");
    return;
  }
  box.hidden = false;
  box.checked = selected;
  box.setAttribute("aria-label", `Select ${item.name}`);
  link.href = fragment("module", item.name);
  setText(link, item.name);
  link.title = item.service ? `${item.name}, service ${item.service} on ${item.node || "no node"}` : item.name;
  made.className = `${item.status}${differs(item) ? " differs" : ""}${item.errors ? " erring" : ""}${isOld(item, now) ? " aged" : ""}${cursor ? " cursor" : ""}`;
  const unreachable = item.status === "live" && item.reachable === false;
  const texts = [
    unreachable ? "unreachable" : (STATUSES[item.status]?.[0] ?? item.status),
    levelText(item, now),
    item.errors === null ? "" : `${item["errors-at-least"] ? "≥" : ""}${count(item.errors)}`,
    item.cpu === null ? "" : `${item.cpu.toFixed(item.cpu < 10 ? 1 : 0)}%`,
    item.rss === null ? "" : bytes(item.rss),
    item["loop-lag"] === null ? "" : span(item["loop-lag"]),
    item.workers !== null && item.workers > 1 ? count(item.workers) : "",
    item.restarts ? count(item.restarts) : "",
    item.started ? age(since(item.started, now)) : "",
  ];
  for (const [index, text] of texts.entries()) setText(cells[index], text);
  cells[0].title = item.why || STATUSES[item.status]?.[1] || "";
  cells[1].title = levelTitle(item);
  cells[2].title = [item.asked && `measured ${age(since(item.asked, now))} ago`, ...(item.remarks ?? [])]
    .filter(Boolean)
    .join("; ");
}

/** Whether what was measured of it was so a while ago. @param {Row} row @param {number} now */
function isOld(row, now) {
  return row.asked !== null && now - Date.parse(row.asked) > OLD;
}

/** Whether its agent follows another level than the one that is wanted. @param {Row} row */
export function differs(row) {
  return row.wanted !== null && !row["in-force"] && row.status !== "no-agent";
}

/** @param {Row} row @param {number} now */
function levelText(row, now) {
  if (!row.wanted) return "";
  const { level, until } = row.wanted;
  const left = until ? ` ${age((Date.parse(until) - now) / 1000)}` : "";
  const other = row.applied === level ? " not in force" : ` ≠ ${row.applied || CONFIGURED}`;
  return `${level || CONFIGURED}${differs(row) ? other : ""}${left}`;
}

/** @param {Row} row */
function levelTitle(row) {
  if (!row.wanted) return "";
  const { level, source, by, reason, until } = row.wanted;
  const parts = [
    `${level || CONFIGURED}, wanted by ${source}`,
    by && `set by ${by}`,
    reason,
    until && `until ${until}`,
  ];
  if (differs(row)) parts.push(`${row.applied || CONFIGURED} is in force`);
  return parts.filter(Boolean).join("; ");
}
