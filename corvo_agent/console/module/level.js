// The level of one Module: what is wanted and why, what is in force, and changing it for a time or for good.

import { button, choice, element, field, setText } from "../shell/dom.js";
import { age, since } from "../shell/format.js";
import { asApiError } from "../shell/session.js";
import { table } from "../shell/table.js";

const LEVELS = ["Debug", "Info", "Warn", "Error"];
/** @type {[string, string][]} */
const LASTING = [
  ["10m", "for 10 minutes"],
  ["1h", "for an hour"],
  ["8h", "for 8 hours"],
  ["keep", "from now on"],
];

/**
 * @typedef {{level: string, source: string, until?: string, by?: string, reason?: string, scope?: string, then?: string,
 *   loggers?: Record<string, string>, "logger-ends"?: Record<string, string>, invalid?: string}} Wanted
 * @typedef {{id: string, level: string, until?: string, logger?: string, by?: string, reason?: string, scope?: string}} Control
 * @typedef {{name: string, wanted: Wanted, "in-force": boolean, controls?: Control[], peer?: string,
 *   applied?: {level: string, source: string, fault?: string, "only-shown"?: boolean}}} Level
 */

/** The part of a Module's screen that is about its level; ``changed`` is called when it was set. */
export class LevelPart {
  // What is shown, as JSON.
  #told = "";

  /** @param {import("../shell/app.js").App} app @param {string} name @param {AbortSignal} signal @param {() => void} changed */
  constructor(app, name, signal, changed) {
    this.app = app;
    this.path = `modules/${encodeURIComponent(name)}/level`;
    this.signal = signal;
    this.changed = changed;
    this.now = element("div", { className: "now", role: "status" });
    const levels = LEVELS.map((each) => /** @type {[string, string]} */ ([each, each]));
    this.level = choice("Level", levels, "Debug");
    this.lasting = choice("For how long", LASTING, "10m");
    this.reason = field("Reason", "reason", { size: "11" });
    this.logger = field("Logger, if not all", "one logger only", { size: "12" });
    const submit = element("button", { type: "submit", className: "strong", text: "Set level" });
    const set = app.may(submit, "level");
    const on = { submit: (/** @type {Event} */ event) => this.#set(event) };
    const form = element("form", { className: "bar", on }, this.level, this.lasting, this.logger, this.reason, set);
    this.loggers = element("div", {});
    const title = (/** @type {string} */ text) => element("h2", { text });
    this.host = element("section", { "aria-label": "Level" }, title("Level"), this.now, form);
    this.controls = element("section", { "aria-label": "Loggers" }, title("Loggers"), this.loggers);
  }

  /** @param {Level} level */
  show(level) {
    // What has the focus must not be made anew for nothing.
    const told = JSON.stringify(level);
    if (told === this.#told) return;
    this.#told = told;
    const { wanted, applied } = level;
    const parts = [
      element("strong", {
        className: `word ${(wanted.level ?? "").toLowerCase()}`,
        text: wanted.invalid ? "invalid" : wanted.level || "as configured",
      }),
    ];
    if (wanted.invalid) parts.push(element("span", { className: "failed", text: wanted.invalid }));
    if (wanted.until) parts.push(element("span", { className: "data", "data-until": wanted.until }));
    const then = wanted.until && wanted.then ? `then ${wanted.then}` : "";
    const why = [
      wanted.source,
      wanted.by && `by ${wanted.by}`,
      wanted.reason && `“${wanted.reason}”`,
      wanted.scope && `scope ${wanted.scope}`,
      then,
    ];
    parts.push(element("span", { className: "quiet", text: why.filter(Boolean).join(", ") }));
    parts.push(element("span", inForce(level, applied)));
    if (wanted.source === "override") parts.push(this.#end("End now", ""));
    this.now.replaceChildren(...parts);
    const controls = (level.controls ?? []).filter((each) => each.logger);
    const none = "No logger has a level of its own: name one above to hear more, or less, of it alone.";
    this.loggers.replaceChildren(
      controls.length ? this.#table(controls) : element("p", { className: "quiet", text: none }),
    );
    this.tick();
  }

  /** Why the level is not known stands in its place. @param {Node} why */
  fail(why) {
    this.#told = "";
    this.now.replaceChildren(why);
  }

  /** Tell anew how much time is left. */
  tick() {
    for (const each of [this.now, this.loggers].flatMap((host) => [...host.querySelectorAll("[data-until]")])) {
      const until = each.getAttribute("data-until");
      setText(each, until ? `${age(-since(until))} left` : "until cleared");
    }
  }

  /** @param {Control[]} controls */
  #table(controls) {
    const rows = controls.map(({ logger = "", level, until = "", by = "", reason = "" }) => [
      ...[logger, level, element("span", { "data-until": until }), by, reason, this.#end("End", logger)],
    ]);
    return table("Loggers", ["Logger", "Level", "Lasts", "By", "Reason", ""], rows).host;
  }

  /** @param {string} text @param {string} logger */
  #end(text, logger) {
    const label = logger ? `End the level of ${logger}` : "End the override now";
    const made = button(
      text,
      () => this.#put({ level: null, logger }, `The level${logger ? ` of ${logger}` : ""} is as before.`),
      { "aria-label": label },
    );
    return this.app.may(made, "level");
  }

  /** @param {Event} event */
  #set(event) {
    event.preventDefault();
    const [level, lasting, logger] = [this.level.value, this.lasting.value, this.logger.value.trim()];
    const body = {
      level,
      logger,
      reason: this.reason.value,
      ...(lasting === "keep" ? { keep: true } : { for: lasting }),
    };
    const how = lasting === "keep" ? "from now on" : `for ${lasting}`;
    void this.#put(body, `${level} ${how}${logger ? ` on ${logger}` : ""}.`);
  }

  /** @param {Record<string, unknown>} body @param {string} done */
  async #put(body, done) {
    try {
      await this.app.session.json(this.path, { method: "PUT", body, signal: this.signal });
      this.app.tell(done);
      this.changed();
    } catch (error) {
      if (!this.signal.aborted) this.app.tell(`Not changed: ${asApiError(error).message}`);
    }
  }
}

/** @param {Level} level @param {Level["applied"]} applied */
function inForce(level, applied) {
  if (!applied)
    return {
      className: "failed",
      text:
        level.peer === "none"
          ? "nothing answers for it: no level is in force"
          : "its agent does not tell what is in force",
    };
  if (applied.fault) return { className: "failed", text: `not in force: ${applied.fault}` };
  if (level["in-force"])
    return { className: "good", text: applied["only-shown"] ? "in force for what is shown" : "in force" };
  return { className: "failed", text: `not in force yet: ${applied.level || "as configured"} is` };
}
