// Finding lines among those that the page has: at once while a text is typed, without asking the agents again.

/** @typedef {import("./record.js").Entry} Entry */

/**
 * Whether a line has a text in one of its values or its module's name, in any case; undefined for no text, as every line has.
 * @param {string} text
 * @returns {((entry: Entry) => boolean) | undefined}
 */
export function finder(text) {
  const wanted = text.trim();
  if (!wanted) return undefined;
  // Unlike letters turned small, an expression leaves nothing behind of a hundred thousand lines.
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "i");
  return ({ module, record, gap }) => {
    // What is missing may have been what is looked for.
    if (gap || pattern.test(module)) return true;
    for (const key in record) if (pattern.test(record[key])) return true;
    return false;
  };
}

/**
 * The numbers of the lines of a ring that pass, from the newest on back, in portions: the page stays alive in between.
 * @param {import("./ring.js").LogRing} ring
 * @param {(entry: Entry) => boolean} passes
 * @param {() => number} now milliseconds
 * @param {number} [slice] milliseconds of one portion
 * @returns {Generator<void, number[]>} the numbers, the oldest first, at its end
 */
export function* filtered(ring, passes, now, slice = 6) {
  /** @type {number[]} */
  const found = [];
  let until = now() + slice;
  for (let number = ring.end - 1; number >= ring.first; number--) {
    const entry = ring.get(number);
    if (entry && passes(entry)) found.push(number);
    if (number % 256 === 0 && now() >= until) {
      yield;
      until = now() + slice;
    }
  }
  while (found.length && found[found.length - 1] < ring.first) found.pop();
  return found.reverse();
}
