// The newest lines of a log, at most so many; each keeps its number for good.

/** @typedef {import("./record.js").Entry} Entry */

/** Entries from number ``first`` on and before ``end``. */
export class LogRing {
  first = 0;
  end = 0;

  /** @param {number} [capacity] lines */
  constructor(capacity = 100_000) {
    this.capacity = capacity;
    /** @type {Entry[]} */
    this.entries = [];
  }

  get size() {
    return this.end - this.first;
  }

  /** @param {Entry} entry @returns {number} its number */
  push(entry) {
    this.entries[this.end % this.capacity] = entry;
    if (this.size === this.capacity) this.first++;
    return this.end++;
  }

  /** The entry of a number, undefined once newer ones have taken its place. @param {number} number */
  get(number) {
    return number >= this.first && number < this.end ? this.entries[number % this.capacity] : undefined;
  }

  clear() {
    this.entries = [];
    this.first = this.end;
  }
}
