// A list of any length that is as long in the page as what is in sight: rows are taken from a few that are there.

import { atNextFrame } from "./dom.js";

/**
 * Rows of ``height`` pixels, ``count`` of them. ``make`` gives an element for a row, ``fill`` puts what is at an index
 * into it; an element stays with its index while that is in sight.
 */
export class VirtualList {
  #count = 0;
  /** @type {Map<number, HTMLElement>} */
  #shown = new Map();
  /** @type {HTMLElement[]} */
  #free = [];
  #stale = true;
  draw = atNextFrame(() => this.#draw());
  /** The first index in sight, and the one behind the last. */
  first = 0;
  end = 0;

  /**
   * @param {HTMLElement} host what scrolls
   * @param {{height?: number, make: () => HTMLElement, fill: (row: HTMLElement, index: number) => void,
   *   seen?: (first: number, end: number) => void}} options ``seen``: others are in sight now
   */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    this.height = options.height ?? 20;
    this.space = document.createElement("div");
    this.space.className = "rows data";
    this.space.setAttribute("role", "rowgroup");
    host.append(this.space);
    host.addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(host);
  }

  get count() {
    return this.#count;
  }

  /** There are so many rows now, and each may be another one; ``fill`` is asked to fill those in sight. @param {number} count */
  show(count) {
    this.#count = count;
    this.#stale = true;
    this.draw();
  }

  /** Bring an index into sight. @param {number} index */
  reveal(index) {
    const top = index * this.height;
    // What sticks to the top of the host hides rows behind it.
    const head = this.space.offsetTop;
    const { scrollTop, clientHeight } = this.host;
    if (top < scrollTop) this.host.scrollTop = top;
    else if (top + this.height + head > scrollTop + clientHeight)
      this.host.scrollTop = top + this.height + head - clientHeight;
  }

  /** The element of an index, if it is in sight. @param {number} index */
  row(index) {
    return this.#shown.get(index);
  }

  #draw() {
    const { scrollTop, clientHeight } = this.host;
    this.space.style.height = `${this.#count * this.height}px`;
    const first = Math.max(0, Math.min(this.#count, Math.floor(scrollTop / this.height) - 4));
    const end = Math.min(this.#count, Math.ceil((scrollTop + clientHeight) / this.height) + 4);
    for (const [index, row] of this.#shown) {
      if (index >= first && index < end) continue;
      this.#shown.delete(index);
      this.#free.push(row);
    }
    for (let index = first; index < end; index++) {
      let row = this.#shown.get(index);
      if (row && !this.#stale) continue;
      if (!row) {
        row = this.#free.pop() ?? this.options.make();
        row.style.transform = `translateY(${index * this.height}px)`;
        this.#shown.set(index, row);
        if (!row.isConnected) this.space.append(row);
      }
      row.hidden = false;
      this.options.fill(row, index);
    }
    for (const row of this.#free) {
      row.hidden = true;
      // Another one has its name now.
      row.removeAttribute("id");
    }
    this.#stale = false;
    if (first !== this.first || end !== this.end) {
      this.first = first;
      this.end = end;
      this.options.seen?.(first, end);
    }
  }
}
