// What a Module's screen tells in tables: who did what to it, its processes, what its agent publishes.

import { element } from "../shell/dom.js";
import { changeOf, whenOf, whoOf } from "../shell/entries.js";
import { cut } from "../shell/format.js";
import { table } from "../shell/table.js";

/** @param {import("../shell/entries.js").Entry[]} entries */
export function history(entries) {
  if (!entries.length)
    return element("p", {
      className: "quiet",
      text: "No changes yet: a level, a label or a part of the spec that is set is told here, with who set it and why.",
    });
  const heads = ["Time", "What", "Change", "Who", "Reason", "From"];
  const cells = (/** @type {import("../shell/entries.js").Entry} */ each) => [
    ...[whenOf(each), each.what, changeOf(each), whoOf(each)],
    ...[each.reason || each.by || "", each.from ?? ""],
  ];
  return table("History", heads, entries.map(cells)).host;
}

/** The processes of a Module, by what its agent publishes of each. @param {Record<string, any>} workers */
export function processes(workers) {
  const rows = Object.entries(workers).map(([id, each]) => [
    id,
    String(each.pid ?? ""),
    each.cmdline ? cut([each.cmdline].flat().join(" "), 120) : "",
  ]);
  return table("Workers", ["Worker", "#PID", "Command"], rows).host;
}

/** All that its agent publishes: a line for each variable, which opens. @param {Record<string, string>} stats JSON by name */
export function variables(stats) {
  const parts = Object.entries(stats).filter(([name]) => name !== "workers");
  return parts.map(([name, text]) => {
    const summary = element("summary", { className: "data" }, element("b", { text: name }), ` ${cut(text, 100)}`);
    return element("details", {}, summary, element("pre", { tabindex: "0", text: indented(text) }));
  });
}

/** @param {string} text */
function indented(text) {
  try {
    return cut(JSON.stringify(JSON.parse(text), null, 2), 50_000);
  } catch {
    return cut(text, 50_000);
  }
}
