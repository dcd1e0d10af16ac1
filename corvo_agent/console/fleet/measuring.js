// What agents are asked for: errors, processor, memory, lag of the Modules in sight, or of all where the order needs it.

import { now } from "../shell/clock.js";
import { count } from "../shell/format.js";
import { asApiError } from "../shell/session.js";

/** Milliseconds between two measurements of what is in sight. */
export const MEASURE = 5000;
/** The orders that are by what is measured. */
export const MEASURED = new Set(["errors", "cpu", "rss", "loop-lag"]);
// Modules that one request measures.
const PORTION = 200;

/** @typedef {import("./filter.js").Row} Row */

/** Measures Modules of ``fleet``; ``tell`` is called with how far it is, after each answer. */
export class Measuring {
  #asking = false;
  /** Names that are still to be asked. @type {string[]} */
  #left = [];

  /** @param {import("../shell/app.js").App} app @param {import("./rows.js").Fleet} fleet @param {AbortSignal} signal @param {(text: string) => void} tell */
  constructor(app, fleet, signal, tell) {
    this.app = app;
    this.fleet = fleet;
    this.signal = signal;
    this.tell = tell;
  }

  /** Measure rows whose figures are old. @param {Row[]} rows */
  async inSight(rows) {
    if (this.#asking || this.app.stream.state !== "open") return;
    const at = now();
    const old = rows.filter((row) => !row.asked || at - Date.parse(row.asked) >= MEASURE);
    if (!old.length) return;
    this.#asking = true;
    const names = old.slice(0, PORTION).map((row) => row.name);
    await this.#ask(names, "");
    this.#asking = false;
  }

  /** Measure each of them once that was not measured yet, some at a time. @param {Row[]} rows */
  async all(rows) {
    const busy = this.#left.length > 0;
    this.#left = rows.filter((row) => !row.asked).map((row) => row.name);
    if (busy) return;
    while (this.#left.length && !this.signal.aborted) {
      const names = this.#left.splice(0, PORTION);
      await this.#ask(names, this.#left.length ? `Measuring: ${count(this.#left.length)} to go` : "");
    }
  }

  /** @param {string[]} names @param {string} progress */
  async #ask(names, progress) {
    try {
      const query = { name: names, measure: "true" };
      const { items } = await this.app.session.json("statuses", { query, signal: this.signal });
      this.fleet.measure(items);
      this.tell(progress);
    } catch (error) {
      if (!this.signal.aborted) this.tell(`Not measured: ${asApiError(error).message}`);
    }
  }
}
