// What a Module's screen tells in tables: who did what to it, its processes, what its agent publishes.

import { element } from "../shell/dom.js";
import { clock } from "../shell/format.js";

/** @param {string[]} heads @param {(Node | string)[][]} rows @param {string} label */
function table(heads, rows, label) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", text })));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  return element(
    "div",
    { className: "scroll", tabindex: "0", role: "region", "aria-label": `${label}, table` },
    element("table", { className: "data" }, element("thead", {}, head), element("tbody", {}, ...body)),
  );
}

/**
 * @typedef {{time: string, what: string, who?: string, by?: string, from?: string, logger?: string,
 *   "level-from"?: string, "level-to"?: string, until?: string, reason?: string, change?: unknown, seen?: boolean}} Entry
 * @param {Entry[]} entries
 */
export function history(entries) {
  if (!entries.length) return element("p", { className: "quiet", text: "Nothing was done to it that is remembered." });
  const rows = entries.map((each) => {
    const levels = [each["level-from"], each["level-to"]].filter(Boolean).join(" → ");
    const until = each.until ? `until ${clock(each.until).slice(0, 8)}` : "";
    const change = each.change ? JSON.stringify(each.change).slice(0, 120) : "";
    const what = [each.logger, levels, until, change].filter(Boolean).join(", ");
    const who = each.who || (each.seen ? "seen in etcd" : "unknown");
    return [clock(each.time, true).slice(5, 19), each.what, what, who, each.reason || each.by || "", each.from ?? ""];
  });
  return table(["Time", "What", "Change", "Who", "Reason", "From"], rows, "History");
}

/** The processes of a Module, by what its agent publishes of each. @param {Record<string, any>} workers */
export function processes(workers) {
  const rows = Object.entries(workers).map(([id, each]) => [
    id,
    String(each.pid ?? ""),
    each.cmdline ? [each.cmdline].flat().join(" ").slice(0, 120) : "",
  ]);
  return table(["Worker", "PID", "Command"], rows, "Workers");
}

/** All that its agent publishes: a line for each variable, which opens. @param {Record<string, string>} stats JSON by name */
export function variables(stats) {
  const parts = Object.entries(stats).filter(([name]) => name !== "workers");
  return element(
    "div",
    {},
    ...parts.map(([name, text]) =>
      element(
        "details",
        {},
        element("summary", { className: "data" }, element("b", { text: name }), ` ${text.slice(0, 100)}`),
        element("pre", { tabindex: "0", text: indented(text) }),
      ),
    ),
  );
}

/** @param {string} text */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, 50_000);
  } catch {
    return text;
  }
}
