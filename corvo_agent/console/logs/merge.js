// Lines of several modules as one sequence in the order of their times.

/** @typedef {import("./record.js").Entry} Entry */

/** @typedef {{place: number, order: number, came: number, entry: Entry}} Waiting */

/**
 * Holds each line for ``span`` milliseconds, in which earlier ones of other modules may still come; what comes later
 * than that is shown when it comes. The lines of one module keep their order, whatever their times say, and one without
 * a time stays behind the line before it. `corvo logs` merges by the same rule.
 */
export class Merger {
  /** @type {Waiting[]} */
  #waiting = [];
  /** @type {Map<string, number>} */
  #last = new Map();
  #order = 0;
  #sorted = true;

  /** @param {number} [span] milliseconds @param {number} [most] lines that wait: with more the earliest go on at once */
  constructor(span = 300, most = 20_000) {
    this.span = span;
    this.most = most;
  }

  get size() {
    return this.#waiting.length;
  }

  /** @param {Entry} entry @param {number} now milliseconds */
  add(entry, now) {
    const last = this.#last.get(entry.module) ?? -Infinity;
    const place = Number.isNaN(entry.time) ? last : Math.max(last, entry.time);
    this.#last.set(entry.module, place);
    const before = this.#waiting.at(-1);
    if (before && before.place > place) this.#sorted = false;
    this.#waiting.push({ place, order: this.#order++, came: now, entry });
  }

  /** The lines that have waited long enough, in order. @param {number} now @returns {Entry[]} */
  take(now) {
    this.#sort();
    // Everything up to the last of them has waited long enough, also what came later with an earlier time.
    let count = Math.max(0, this.#waiting.length - this.most);
    for (let at = this.#waiting.length - 1; at >= count; at--) {
      if (this.#waiting[at].came + this.span <= now) count = at + 1;
    }
    return this.#waiting.splice(0, count).map(({ entry }) => entry);
  }

  /** Whatever still waits, in order. @returns {Entry[]} */
  flush() {
    this.#sort();
    return this.#waiting.splice(0).map(({ entry }) => entry);
  }

  #sort() {
    if (!this.#sorted) this.#waiting.sort((a, b) => a.place - b.place || a.order - b.order);
    this.#sorted = true;
  }
}
