// What the box above the fleet understands, told by examples.

import { button, element } from "../shell/dom.js";
import { FIELDS } from "./filter.js";
import { STATUSES } from "./table.js";

/** A sheet that tells of it. */
export function filterHelp() {
  const examples = [
    ["pay", "“pay” in the name, the node or the service"],
    ["team=shop, tier!=1", "labels; a comma means and"],
    ["node in (node1,node2)", "one of several"],
    [
      "status!=live",
      Object.entries(STATUSES)
        .map(([, [text, means]]) => `${text}: ${means}`)
        .join("; "),
    ],
    ["errors>0", "more errors than that, where they were measured"],
    ["!canary", "without that label"],
    ["labels[node]=a", "a label that is called as a field is"],
  ];
  const row = (/** @type {string[]} */ [text, means]) =>
    element("tr", {}, element("th", { scope: "row", text }), element("td", { text: means }));
  const fields = Object.entries(FIELDS).map(([key, [means]]) => row([key, means]));
  const close = button("Close", () => help.close());
  const help = element(
    "dialog",
    { className: "sheet", "aria-label": "Filters" },
    element("h2", { text: "Filters" }),
    element("table", {}, ...examples.map(row)),
    element("h2", { text: "Fields" }),
    element("table", {}, ...fields),
    close,
  );
  return help;
}
