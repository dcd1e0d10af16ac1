// How many lines there were when: counts by level in equal spans of time.

/** @typedef {import("./record.js").Entry} Entry */

// Seconds that people count in.
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const MOST = 4096;
export const CLASSES = 4;

/** The class of a level that bars tell apart: 3 fatal and error, 2 warn, 1 info and what has no level, 0 below. @param {number} level */
export const classOf = (level) =>
  level === 4 || level === 5 ? 3 : level === 3 ? 2 : level < 0 || level === 2 || level > 5 ? 1 : 0;

/** Counts each second; what is shown is added up from those. */
export class Histogram {
  /** @type {Map<number, Uint32Array>} */
  #seconds = new Map();

  clear() {
    this.#seconds.clear();
  }

  /** @param {Entry} entry @param {1 | -1} [sign] -1: it is gone from the page */
  add({ time, level, gap }, sign = 1) {
    if (gap || Number.isNaN(time)) return;
    const second = Math.floor(time / 1000);
    let counts = this.#seconds.get(second);
    if (!counts) {
      if (sign < 0) return;
      this.#seconds.set(second, (counts = new Uint32Array(CLASSES)));
    }
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
      Math.floor(last / step) - Math.floor(first / step) < Math.min(most, MOST);
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
