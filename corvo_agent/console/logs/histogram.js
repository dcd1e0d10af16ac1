// How many lines there were when: counts by level in equal spans of time.

/** @typedef {import("./record.js").Entry} Entry */

// Seconds that people count in.
export const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const MOST = 4096;
export const CLASSES = 4;

/** Those that agents count by. @type {Record<string, number>} */
const COUNTED = { trace: 0, debug: 0, info: 1, warn: 2, error: 3, fatal: 3, audit: 1, unknown: 1 };

/** The class of a level that bars tell apart: 3 fatal and error, 2 warn, 1 info and what has no level, 0 below. @param {number} level */
export const classOf = (level) =>
  level === 4 || level === 5 ? 3 : level === 3 ? 2 : level < 0 || level === 2 || level > 5 ? 1 : 0;

/** Counts each second; what is shown is added up from those. */
export class Histogram {
  /** @type {Map<number, Uint32Array>} */
  #seconds = new Map();
  #step = 1;
  /** Seconds since the epoch between which agents have counted all lines; 0: only those of the page are here. */
  from = 0;
  until = 0;
  /** What the agents did not count. */
  unknown = "";

  clear() {
    this.#seconds.clear();
    this.#step = 1;
    this.from = this.until = 0;
    this.unknown = "";
  }

  /** What agents have counted takes the place of the lines of that time. @param {import("./counted.js").Counted} found */
  take({ counts, from, until, step, unknown }) {
    for (const second of this.#seconds.keys()) if (second >= from && second < until) this.#seconds.delete(second);
    this.#step = step;
    this.from = from;
    this.until = until;
    this.unknown = unknown;
    for (const { time, levels } of counts) {
      const sums = this.#at(Math.floor(Date.parse(time) / 1000));
      for (const [level, number] of Object.entries(levels)) sums[COUNTED[level] ?? 1] += number;
    }
  }

  /** @param {number} second */
  #at(second) {
    const known = this.#seconds.get(second);
    if (known) return known;
    const made = new Uint32Array(CLASSES);
    this.#seconds.set(second, made);
    return made;
  }

  /** @param {Entry} entry @param {1 | -1} [sign] -1: it is gone from the page */
  add({ time, level, gap }, sign = 1) {
    if (gap || Number.isNaN(time)) return;
    const second = Math.floor(time / 1000);
    // What was counted stays so when it leaves the page, and counts once.
    if (this.until && second >= this.from && (sign < 0 || second < this.until)) return;
    if (sign < 0 && !this.#seconds.has(second)) return;
    const counts = this.#at(second);
    counts[classOf(level)] += sign;
    if (sign < 0 && counts.every((count) => count === 0)) this.#seconds.delete(second);
  }

  /**
   * Bars from the first second to the last, at most so many.
   * @param {number} most
   * @returns {{step: number, start: number, bars: Uint32Array[]}} seconds, seconds since the epoch, counts by class
   */
  bars(most) {
    let first = Infinity;
    let last = -Infinity;
    for (const second of this.#seconds.keys()) {
      first = Math.min(first, second);
      last = Math.max(last, second);
    }
    if (first > last) return { step: 1, start: 0, bars: [] };
    const fits = (/** @type {number} */ step) =>
      step >= this.#step && Math.floor(last / step) - Math.floor(first / step) < Math.min(most, MOST);
    let step = STEPS.find(fits) ?? 86400;
    while (!fits(step)) step *= 2;
    const start = Math.floor(first / step) * step;
    const bars = Array.from({ length: Math.floor((last - start) / step) + 1 }, () => new Uint32Array(CLASSES));
    for (const [second, counts] of this.#seconds) {
      const bar = bars[Math.floor((second - start) / step)];
      for (let each = 0; each < CLASSES; each++) bar[each] += counts[each];
    }
    return { step, start, bars };
  }
}

/**
 * The span that was chosen between two bars, both inside, as the times of a query.
 * @param {{step: number, start: number}} bars
 * @param {number} from
 * @param {number} to
 */
export function brushed({ step, start }, from, to) {
  const [low, high] = from < to ? [from, to] : [to, from];
  const text = (/** @type {number} */ bar) => new Date((start + bar * step) * 1000).toISOString().replace(".000Z", "Z");
  return { since: text(low), until: text(high + 1) };
}
