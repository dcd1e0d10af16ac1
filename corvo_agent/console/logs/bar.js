// What is asked for, as fields: modules, level, times, a text; and a button for each filter that is in force.

import { bar, button, choice, element, field } from "../shell/dom.js";
import { asked, moduleField } from "../shell/names.js";
import { condition, isParameter, told } from "./link.js";

/** @type {[string, string][]} */
const LEVELS = [
  ["", "Every level"],
  ...["debug", "info", "warn", "error"].map((each) => /** @type {[string, string]} */ ([each, `${each} and above`])),
];
/** @type {[string, string][]} */
const WAYS = [
  ["here", "Find here"],
  ["fixed", "Text"],
  ["grep", "Regular expression"],
  ["field", "Field, status>=500"],
  ["trace", "Trace id"],
  ["audit", "Audit: yes, no, only"],
  ["day", "Day, 2026-11-24"],
  ["lines", "Lines of each module"],
  ["join", "Join tracebacks: yes"],
  ["caller", "Caller"],
];
const OWN_FIELDS = ["level", "since", "until"];

/**
 * The fields, in ``host``, and the filters, in ``conditions``. ``act``: ``modules`` is told names or a selector, ``filter`` a
 * parameter of the Log query, ``find`` a text that is looked for among the lines that are here, ``leave`` that it is
 * done.
 */
export class Bar {
  conditions = element("div", { className: "conditions" });

  /**
   * @param {import("../shell/app.js").App} app @param {AbortSignal} signal
   * @param {{modules: (whose: {names: string[], selector: string}) => void, filter: (name: string, value: string) => void,
   *   find: (text: string) => void, leave: () => void}} act
   */
  constructor(app, signal, act) {
    this.app = app;
    this.act = act;
    const says = { label: "Modules by name, or a selector such as node=node1", hint: "Modules or selector", value: "" };
    const ask = (/** @type {string} */ text) => act.modules(asked(text));
    const [modules, names] = moduleField(app, says, ask, signal);
    this.modules = modules;
    this.level = choice("Level and above", LEVELS, "", (level) => act.filter("level", level));
    const time = (/** @type {string} */ label, /** @type {string} */ hint, /** @type {string} */ name) => {
      const made = field(label, hint);
      made.addEventListener("change", () => act.filter(name, made.value.trim()));
      return made;
    };
    this.since = time("Since: 10m or a time", "Since, 10m", "since");
    this.until = time("Until: 5m (ago) or a time", "Until", "until");
    this.way = choice("What to look for", WAYS, "here", () => this.wanted.focus());
    this.wanted = field("Look for", "Look for  /", {
      ...{ type: "search", className: "wanted" },
      on: {
        input: () => this.way.value === "here" && act.find(this.wanted.value),
        keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && this.#look(),
      },
    });
    const fields = [modules, names, this.level, this.since, this.until, this.way, this.wanted];
    this.host = bar(element("h1", { text: "Logs" }), ...fields);
  }

  /** @param {import("./link.js").LogView} view */
  show({ names, selector, parameters, find }) {
    this.modules.value = this.modules.title = names.join(" ") || selector;
    this.level.value = parameters.level ?? "";
    this.since.value = parameters.since ?? "";
    this.until.value = parameters.until ?? "";
    if (this.way.value === "here" && this.wanted.value.trim() !== find) this.wanted.value = find;
    const filters = Object.entries(parameters).filter(([name]) => !OWN_FIELDS.includes(name));
    const conditions = filters.map(([name, value]) =>
      button(`${told(name, value)}  ×`, () => this.act.filter(name, ""), {
        className: "condition data",
        title: "Take this filter away",
      }),
    );
    this.conditions.replaceChildren(...conditions);
  }

  focus() {
    this.wanted.focus();
    this.wanted.select();
  }

  #look() {
    const text = this.wanted.value.trim();
    const way = this.way.value;
    if (way === "here") return this.act.leave();
    const found = way === "field" ? condition(text) : isParameter(way) && text ? [way, text] : undefined;
    if (!found)
      return this.app.tell(
        way === "field" ? "Such as status>=500, path=/orders or msg~timed? out" : "Nothing to look for.",
      );
    this.wanted.value = "";
    this.act.filter(found[0], found[1]);
  }
}
