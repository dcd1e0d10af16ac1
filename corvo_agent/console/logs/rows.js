// Which lines the list shows and where each stands, in pixels, also where long ones are wrapped.

/**
 * Numbers of lines, one after the other, each with its height. A row is named by its index from 0: what is shown in a
 * place is found by its place, never by the number of its line.
 */
export class Rows {
  /** How many rows went at the front: a row's index and this together stay the same for as long as it is there. */
  gone = 0;
  #start = 0;
  #size = 0;
  #numbers = new Float64Array(1024);
  // Where each row begins, counted from a place that stays: rows that go at the front change nothing behind.
  #tops = new Float64Array(1025);

  get size() {
    return this.#size;
  }

  get height() {
    return this.#tops[this.#start + this.#size] - this.#tops[this.#start];
  }

  /** @param {number} number of a line @param {number} height pixels */
  push(number, height) {
    const end = this.#start + this.#size;
    if (end === this.#numbers.length) this.#makeRoom();
    const at = this.#start + this.#size++;
    this.#numbers[at] = number;
    this.#tops[at + 1] = this.#tops[at] + height;
  }

  #makeRoom() {
    const [start, end] = [this.#start, this.#start + this.#size];
    const wanted = this.#size > this.#numbers.length / 2 ? this.#numbers.length * 2 : this.#numbers.length;
    const [numbers, tops] = [new Float64Array(wanted), new Float64Array(wanted + 1)];
    numbers.set(this.#numbers.subarray(start, end));
    const base = this.#tops[start];
    for (let index = 0; index <= this.#size; index++) tops[index] = this.#tops[start + index] - base;
    this.#numbers = numbers;
    this.#tops = tops;
    this.#start = 0;
  }

  /** Take out the rows of lines before a number. @param {number} first @returns {number} the pixels that they had */
  dropBefore(first) {
    const before = this.#tops[this.#start];
    while (this.#size && this.#numbers[this.#start] < first) {
      this.#start++;
      this.#size--;
      this.gone++;
    }
    return this.#tops[this.#start] - before;
  }

  /** @param {number} row @returns {number} of the line that it shows */
  number(row) {
    return this.#numbers[this.#start + row];
  }

  /** The row of a line, or of the first one behind it that is shown. @param {number} number */
  rowOf(number) {
    return this.#search((row) => this.number(row) < number);
  }

  /** @param {number} row */
  top(row) {
    return this.#tops[this.#start + row] - this.#tops[this.#start];
  }

  /** The row that a place lies in, the last one behind all of them. @param {number} pixels */
  at(pixels) {
    return Math.min(
      Math.max(0, this.#size - 1),
      this.#search((row) => this.top(row + 1) <= pixels),
    );
  }

  /** @param {(row: number) => boolean} isBefore */
  #search(isBefore) {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A row has turned out to be of another height. @param {number} row @param {number} height */
  resize(row, height) {
    const change = height - (this.top(row + 1) - this.top(row));
    if (!change) return;
    const end = this.#start + this.#size;
    for (let at = this.#start + row + 1; at <= end; at++) this.#tops[at] += change;
  }
}

// Letters that take two columns, tabs, and those that are put together from several: arithmetic does not know their width.
const ODD = /[^\x20-\xff\n\u2013-\u2026]/;

/**
 * How many rows a text takes where each has room for so many letters and is broken between any two, all but the first
 * indented; and whether that is sure: with odd letters it is not before it is shown.
 * @param {string} text
 * @param {number} columns
 * @param {number} [indent] letters
 * @returns {{rows: number, sure: boolean}}
 */
export function wrapped(text, columns, indent = 0) {
  let rows = 0;
  // What the first row has room for beyond the others.
  let ahead = indent;
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf("\n", from);
    const length = (end < 0 ? text.length : end) - from;
    rows += Math.max(1, Math.ceil((length - ahead) / (columns - indent)));
    ahead = 0;
    from += length + 1;
  }
  return { rows, sure: !ODD.test(text) };
}
