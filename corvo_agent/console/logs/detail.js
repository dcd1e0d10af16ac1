// One line beside the others: its fields as JSON that opens, what can be done with them, and the lines around it.

import { bar, button, buttons, element, visible } from "../shell/dom.js";
import { clock, cut } from "../shell/format.js";
import { fill } from "../shell/states.js";
import { jsonRows, pathKey } from "./json.js";
import { entryOf, jsonOf, messageOf, stackOf, textOf, timeOf, traceOf, wordOf } from "./record.js";

/** @typedef {import("./record.js").Entry} Entry */

const LONGEST = 2_000;

/**
 * Put a text where the next "paste" takes it from, as it is seen: pasted into a terminal it must not steer that. JSON
 * stays the same JSON.
 * @param {string} given @returns {Promise<string>} what happened, for people
 */
export async function copy(given) {
  const text = visible(given);
  try {
    // A page that came by http from another machine has no clipboard of its own.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyMarked(text);
    return "Copied.";
  } catch (error) {
    return `Not copied: ${error instanceof Error ? error.message : error}`;
  }
}

/** @param {string} text */
function copyMarked(text) {
  const focused = document.activeElement;
  const area = element("textarea", { className: "unseen", "aria-label": "What is copied" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!done) throw new Error("the browser does not let this page copy");
}

/**
 * The panel. ``act``: ``filter`` is told a parameter and its value, ``link`` gives the link to a line, ``context`` its
 * neighbours, ``tell`` takes a word for the person, ``close`` is asked for.
 */
export class Detail {
  /** @type {Set<string>} */
  #open = new Set();

  /**
   * @param {{filter: (name: string, value: string) => void, only: (module: string) => void, link: (entry: Entry) => string,
   *   context: (entry: Entry) => Promise<{logs: import("./record.js").LogRecord[], at: number | null}>, tell: (text: string) => void, close: () => void}} act
   * @param {AbortSignal} signal
   */
  constructor(act, signal) {
    this.act = act;
    this.signal = signal;
    this.host = element("aside", { className: "detail", "aria-label": "The chosen line", hidden: true });
  }

  /** @param {Entry} entry */
  show(entry) {
    const { act } = this;
    const { record, module } = entry;
    this.#open.clear();
    const copying = (/** @type {string} */ label, /** @type {() => string} */ text) =>
      button(label, async () => act.tell(await copy(text())));
    const around = element("div", { className: "around" });
    const trace = traceOf(record);
    const level = wordOf(record);
    const time = Number.isNaN(timeOf(record)) ? "no time" : clock(new Date(timeOf(record)).toISOString(), true);
    const tree = element("div", { className: "tree data" });
    this.#fill(tree, entry);
    const stack = stackOf(record);
    const only = button(module, () => act.only(module), { className: "link", title: "Only this module" });
    const word = element("span", { className: level.toLowerCase(), text: level.toUpperCase() });
    const whole = button("Its trace", () => act.filter("trace", trace), { title: `All lines of trace ${trace}` });
    this.host.replaceChildren(
      bar(element("h2", {}, word, ` ${time}`), button("Close", act.close, { title: "Close (Esc)" })),
      element("p", { className: "data said", text: cut(messageOf(record), LONGEST * 10) }),
      ...(stack ? [element("pre", { className: "stack", text: cut(stack, LONGEST * 20) })] : []),
      buttons(
        button("Lines around it", () => this.#around(around, entry)),
        ...(trace ? [whole] : []),
        copying("Copy line", () => textOf(entry)),
        copying("Copy JSON", () => jsonOf(entry)),
        copying("Copy link", () => act.link(entry)),
      ),
      around,
      element("p", {}, only),
      tree,
    );
    this.host.hidden = false;
  }

  close() {
    this.host.hidden = true;
  }

  /** @param {HTMLElement} tree @param {Entry} entry */
  #fill(tree, entry) {
    const record = Object.fromEntries(Object.entries(entry.record).filter(([key]) => !key.startsWith("corvo.raw")));
    const focused = tree.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.path
      : "";
    const rows = jsonRows(record, this.#open).map(({ path, key, text, open, field }) => {
      const row = element("div", { className: "member" });
      row.style.paddingLeft = `${(path.length - 1) * 16}px`;
      const at = pathKey(path);
      if (open !== null) {
        const toggle = button(`${open ? "▾" : "▸"} ${key}`, () => this.#toggle(at, tree, entry), {
          className: "link",
          "aria-expanded": String(open),
          "data-path": at,
        });
        row.append(toggle, element("span", { className: "quiet", text: ` ${text}` }));
      } else {
        const shown = cut(text, LONGEST);
        row.append(element("span", { className: "quiet", text: `${key}: ` }));
        if (!field) row.append(shown);
        else
          row.append(
            button(shown, () => this.act.filter(`field.${field}=`, text), {
              className: "link value",
              title: `Only lines with this ${key}`,
            }),
            button("≠", () => this.act.filter(`field.${field}!=`, text), {
              className: "not",
              title: `Only lines without this ${key}`,
              "aria-label": `Without this ${visible(key)}`,
            }),
          );
      }
      return row;
    });
    tree.replaceChildren(...rows);
    if (focused) for (const each of tree.querySelectorAll("button")) if (each.dataset.path === focused) each.focus();
  }

  /** @param {string} at @param {HTMLElement} tree @param {Entry} entry */
  #toggle(at, tree, entry) {
    if (!this.#open.delete(at)) this.#open.add(at);
    this.#fill(tree, entry);
  }

  /** @param {HTMLElement} host @param {Entry} entry */
  #around(host, entry) {
    const show = (/** @type {{logs: import("./record.js").LogRecord[], at: number | null}} */ { logs, at }) => {
      const lines = logs.map((record, index) =>
        element("div", { className: index === at ? "data chosen" : "data", text: textOf(entryOf("", record)) }),
      );
      const gone = element("div", { className: "quiet", text: "The line itself is not in its log any more." });
      return at === null ? [...lines, gone] : lines;
    };
    void fill(host, this.signal, () => this.act.context(entry), show, "Asking the agent …");
  }
}
