// What the box above the fleet understands, told by examples.

import { button, element } from "../shell/dom.js";
import { meanings } from "../shell/table.js";
import { FIELDS } from "./filter.js";
import { STATUSES } from "./table.js";

/** A sheet that tells of it. */
export function filterHelp() {
  const statuses = Object.values(STATUSES).map(([text, means]) => `${text}: ${means}`);
  const examples = [
    ["pay", "“pay” in the name, the node or the service"],
    ["team=shop, tier!=1", "labels; a comma means and"],
    ["node in (node1,node2)", "one of several"],
    ["status!=live", statuses.join("; ")],
    ["errors>0", "more errors than that, where they were measured"],
    ["!canary", "without that label"],
    ["labels[node]=a", "a label that is called as a field is"],
  ];
  const fields = Object.entries(FIELDS).map(([key, [means]]) => [key, means]);
  const title = (/** @type {string} */ text) => element("h2", { text });
  const close = button("Close", () => help.close());
  const parts = [title("Filters"), meanings(examples), title("Fields"), meanings(fields), close];
  const help = element("dialog", { className: "sheet", "aria-label": "Filters" }, ...parts);
  return help;
}
