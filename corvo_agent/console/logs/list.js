// The lines of a log in the page: those in sight, in a few elements that are used again and again; following, or still.

import { atNextFrame, element, visible } from "../shell/dom.js";
import { clock, isToday } from "../shell/format.js";
import { fieldsOf, LEVELS, messageOf, stackOf, wordOf } from "./record.js";
import { Rows, wrapped } from "./rows.js";

/** @typedef {import("./record.js").Entry} Entry */

export const ROW = 20;
const LONGEST = 8_000;
// Lines that have gone from the ring, and more that are about to, which may still have rows out of sight.
const PORTION = 5_000;

/**
 * What a row shows, in pieces: time, level, module, text, fields.
 * @param {Entry} entry @param {boolean} named whether its module is told @param {boolean} whole with all lines of it
 */
function piecesOf({ module, record, time, gap }, named, whole) {
  // Month and day before the time of day, unless it is today.
  const when = Number.isNaN(time) ? "" : clock(new Date(time).toISOString(), true).slice(isToday(time) ? 11 : 5);
  const message = messageOf(record);
  const stack = stackOf(record);
  const fields = gap
    ? ""
    : fieldsOf(record)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ");
  const below = stack && whole ? `\n${stack.trimEnd()}` : "";
  const level = gap ? "GAP" : wordOf(record).toUpperCase().slice(0, 8);
  const pieces = [when.padEnd(12), level.padEnd(5), named ? module : "", message, fields + below];
  const cut = (/** @type {string} */ text) =>
    text.length > LONGEST ? `${text.slice(0, LONGEST)}… (Enter shows more of it)` : text;
  // Each but the last ends in what keeps it from the next.
  const ends = pieces.map((piece, at) => (piece && at < 4 ? `${cut(piece)} ` : cut(piece)));
  return ends.map((piece) => visible(whole ? piece : piece.replace(/\s*\n\s*/g, " ⏎ ")));
}

/**
 * The list. ``events``: ``choose`` is told the number of a line that was chosen, ``open`` that it is asked for,
 * ``moved`` that following began or ended.
 */
export class LogList {
  rows = new Rows();
  following = true;
  chosen = -1;
  wrap = false;
  named = true;
  find = "";
  /** The lines that came since following ended. */
  missed = 0;
  #scrolled = 0;
  /** The line that stands first in sight. */
  #seen = 0;
  #columns = 80;
  /** Letters by which all rows of a wrapped line but the first are indented. */
  #indent = 0;
  #version = 0;
  /** @type {{key: string, row: HTMLElement}[]} */
  #pool = [];
  draw = atNextFrame(() => this.#draw());

  /**
   * @param {HTMLElement} host what scrolls
   * @param {import("./ring.js").LogRing} ring
   * @param {{choose: (number: number) => void, open: (number: number) => void, moved: () => void}} events
   */
  constructor(host, ring, events) {
    this.host = host;
    this.ring = ring;
    this.events = events;
    this.space = element("div", { className: "rows" });
    this.ruler = element("span", { className: "ruler", text: "m".repeat(100), "aria-hidden": "true" });
    host.append(this.space, this.ruler);
    host.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    host.addEventListener("click", (event) => {
      // Whoever marks a text wants to copy it.
      if (!getSelection()?.isCollapsed) return;
      const row = event.target instanceof Element ? event.target.closest(".line") : null;
      if (row instanceof HTMLElement) this.events.open(Number(row.dataset.number));
    });
    new ResizeObserver(() => this.#resized()).observe(host);
  }

  /** A line behind all others. @param {number} number @param {Entry} entry */
  push(number, entry) {
    this.rows.push(number, this.heightOf(entry));
    if (!this.following) this.missed++;
    this.draw();
  }

  /** @param {Entry} entry */
  heightOf(entry) {
    return this.wrap ? wrapped(this.#pieces(entry).join(""), this.#columns, this.#indent).rows * ROW : ROW;
  }

  /** @param {Entry} entry */
  #pieces = (entry) => piecesOf(entry, this.named, this.wrap);

  /** How many of the lines that are shown the ring still has. */
  get size() {
    return this.rows.size - this.rows.rowOf(this.ring.first);
  }

  /** Lines that the ring does not have any more go; what is read stays where it is. */
  drop() {
    const { first } = this.ring;
    // To keep in its place what is read costs a frame: many go together, before those in sight are among them.
    const few = this.rows.size > 0 && first - this.rows.number(0) < PORTION;
    if (!this.following && few && this.#seen >= first + PORTION) return;
    const gone = this.rows.dropBefore(first);
    if (gone && !this.following) this.#scrollTo(this.host.scrollTop - gone);
    if (gone) this.draw();
  }

  /** Show other rows; the line that was at the top stays there, if it is among them. @param {Rows} rows */
  show(rows) {
    const top = this.rows.size ? this.rows.at(this.host.scrollTop) : -1;
    const number = top < 0 ? -1 : this.rows.number(top);
    const offset = top < 0 ? 0 : this.host.scrollTop - this.rows.top(top);
    this.rows = rows;
    this.#version++;
    this.space.style.height = `${rows.height}px`;
    if (!this.following && number >= 0)
      this.#scrollTo(rows.top(Math.min(rows.size, rows.rowOf(number))) + Math.min(offset, ROW));
    this.draw();
  }

  /** Go on with the newest lines, or stay. @param {boolean} on */
  follow(on) {
    this.following = on;
    this.missed = 0;
    this.events.moved();
    this.draw();
  }

  /** Choose the line so many rows further, and bring it into sight. @param {number} step */
  step(step) {
    if (!this.rows.size) return;
    const known = this.chosen >= this.ring.first;
    const from = known
      ? this.rows.rowOf(this.chosen)
      : this.rows.at(this.host.scrollTop + this.host.clientHeight - 1) + (step > 0 ? 0 : 1);
    const row = Math.max(this.rows.rowOf(this.ring.first), Math.min(this.rows.size - 1, from + step));
    if (this.following && row < this.rows.size - 1) this.follow(false);
    this.choose(this.rows.number(row));
  }

  /** @param {number} number of a line */
  choose(number) {
    this.chosen = number;
    this.#version++;
    const row = this.rows.rowOf(number);
    const { scrollTop, clientHeight } = this.host;
    const [top, end] = [this.rows.top(row), this.rows.top(Math.min(row + 1, this.rows.size))];
    if (top < scrollTop) this.#scrollTo(top);
    else if (end > scrollTop + clientHeight) this.#scrollTo(Math.min(top, end - clientHeight));
    this.events.choose(number);
    this.draw();
  }

  /** Everything may look different now. */
  redraw() {
    this.#version++;
    this.draw();
  }

  /** @param {number} top */
  #scrollTo(top) {
    this.space.style.height = `${this.rows.height}px`;
    this.host.scrollTop = top;
    // What the page did itself is told from what the person did by where it led.
    this.#scrolled = this.host.scrollTop;
  }

  #onScroll() {
    const { scrollTop, clientHeight, scrollHeight } = this.host;
    if (Math.abs(scrollTop - this.#scrolled) > 1) {
      this.#scrolled = scrollTop;
      const atEnd = scrollTop + clientHeight >= scrollHeight - 4;
      if (atEnd !== this.following) this.follow(atEnd);
    }
    this.draw();
  }

  #resized() {
    const letter = this.ruler.getBoundingClientRect().width / 100 || 7.2;
    // The stripe and the room at both sides.
    const columns = Math.max(20, Math.floor((this.host.clientWidth - 24) / letter));
    const isOther = columns !== this.#columns;
    this.#columns = columns;
    // Below time and level, where there is room for that.
    this.#indent = columns < 80 ? 2 : 19;
    this.host.style.setProperty("--indent", `${this.#indent * letter}px`);
    if (isOther && this.wrap) this.remeasure();
    this.draw();
  }

  /** Lay out anew what is shown, after ``wrap`` or the width has changed. */
  remeasure() {
    const rows = new Rows();
    for (let row = 0; row < this.rows.size; row++) {
      const number = this.rows.number(row);
      const entry = this.ring.get(number);
      if (entry) rows.push(number, this.heightOf(entry));
    }
    this.show(rows);
  }

  #draw() {
    const { rows, host } = this;
    this.space.style.height = `${rows.height}px`;
    if (this.following) this.#scrollTo(rows.height);
    const { scrollTop, clientHeight } = host;
    const first = rows.size ? rows.at(scrollTop) : 0;
    this.#seen = rows.size ? rows.number(first) : 0;
    if (rows.size && this.#seen < this.ring.first) this.drop();
    let end = first;
    while (end < rows.size && rows.top(end) < scrollTop + clientHeight) end++;
    while (this.#pool.length < end - first) this.#pool.push({ key: "", row: this.#make() });
    const size = this.#pool.length;
    /** @type {Set<number>} */
    const used = new Set();
    for (let row = first; row < end; row++) {
      // By the place in the view: by the number of the line two of those in sight could meet in one element. What goes
      // at the front moves none of them.
      const slot = (row + rows.gone) % size;
      used.add(slot);
      this.#place(this.#pool[slot], row);
    }
    for (let slot = 0; slot < size; slot++) {
      const isUsed = used.has(slot);
      this.#pool[slot].row.hidden = !isUsed;
      if (isUsed) continue;
      // Its line may be in sight in another place.
      this.#pool[slot].key = "";
      this.#pool[slot].row.removeAttribute("id");
    }
    if (this.wrap) this.#measure(first, end);
  }

  #make() {
    const pieces = ["time", "level", "module", "message", "fields"].map((className) => element("span", { className }));
    const row = element("div", { role: "option" }, ...pieces);
    this.space.append(row);
    return row;
  }

  /** @param {{key: string, row: HTMLElement}} slot @param {number} index */
  #place(slot, index) {
    const number = this.rows.number(index);
    slot.row.style.transform = `translateY(${this.rows.top(index)}px)`;
    const key = `${number} ${this.#version}`;
    const entry = this.ring.get(number);
    if (slot.key === key || !entry) return;
    slot.key = key;
    const level = entry.gap ? "gap" : (LEVELS[entry.level] ?? "none");
    slot.row.className = `line ${level}${number === this.chosen ? " chosen" : ""}${this.wrap ? " wrapped" : ""}`;
    slot.row.dataset.number = String(number);
    slot.row.id = `line-${number}`;
    slot.row.setAttribute("aria-selected", String(number === this.chosen));
    if (number === this.chosen) this.host.setAttribute("aria-activedescendant", slot.row.id);
    this.#pieces(entry).forEach((piece, at) => {
      const span = /** @type {HTMLElement} */ (slot.row.children[at]);
      marked(span, piece, at > 1 ? this.find : "");
    });
  }

  // Letters whose width arithmetic does not know: what is in sight is measured, and moves what is below it.
  /** @param {number} first @param {number} end */
  #measure(first, end) {
    let changed = false;
    for (let row = first; row < end; row++) {
      const { row: shown } = this.#pool[(row + this.rows.gone) % this.#pool.length];
      const height = shown.offsetHeight;
      if (!height || height === this.rows.top(row + 1) - this.rows.top(row)) continue;
      this.rows.resize(row, height);
      changed = true;
    }
    if (changed) this.draw();
  }
}

/** Put a text into an element, what was looked for in it marked. @param {HTMLElement} into @param {string} text @param {string} find */
function marked(into, text, find) {
  const wanted = find.trim().toLowerCase();
  const lower = wanted ? text.toLowerCase() : "";
  // Where letters have other lengths in lower case, places would not be the same.
  if (!wanted || lower.length !== text.length || !lower.includes(wanted)) {
    if (into.textContent !== text || into.childElementCount) into.textContent = text;
    return;
  }
  /** @type {(Node | string)[]} */
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), element("mark", { text: text.slice(at, at + wanted.length) }));
    from = at + wanted.length;
  }
  into.replaceChildren(...parts, text.slice(from));
}
