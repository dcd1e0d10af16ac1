// The newest lines of a log, at most so many and of so many letters; each keeps its number for good.

/** @typedef {import("./record.js").Entry} Entry */

/** Entries from number ``first`` on and before ``end``. */
export class LogRing {
  first = 0;
  end = 0;

  #letters = 0;

  /** @param {number} [capacity] lines @param {number} [letters] of the values of all lines: one may have a million */
  constructor(capacity = 100_000, letters = 64_000_000) {
    this.capacity = capacity;
    this.letters = letters;
    /** @type {(Entry | undefined)[]} */
    this.entries = [];
  }

  get size() {
    return this.end - this.first;
  }

  /** @param {Entry} entry @param {(entry: Entry) => void} [gone] is told each that has to go for it @returns {number} its number */
  push(entry, gone) {
    this.#letters += lettersOf(entry);
    while (this.size && (this.size === this.capacity || this.#letters > this.letters)) {
      const at = this.first++ % this.capacity;
      const oldest = /** @type {Entry} */ (this.entries[at]);
      this.entries[at] = undefined;
      this.#letters -= lettersOf(oldest);
      gone?.(oldest);
    }
    this.entries[this.end % this.capacity] = entry;
    return this.end++;
  }

  /** The entry of a number, undefined once newer ones have taken its place. @param {number} number */
  get(number) {
    return number >= this.first && number < this.end ? this.entries[number % this.capacity] : undefined;
  }

  clear() {
    this.entries = [];
    this.#letters = 0;
    this.first = this.end;
  }
}

/** @param {Entry} entry */
function lettersOf({ record }) {
  let sum = 0;
  for (const key in record) sum += record[key].length;
  return sum;
}
