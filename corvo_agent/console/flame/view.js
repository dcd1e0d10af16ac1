// A tree of calls on a canvas: drawn as far as it is in sight, zoomed and searched by pointer and keyboard.

import { change, hue, percent, quantity, shorten, Tree } from "./tree.js";

export const ROW = 20;
// Boxes that are narrower, in pixels, are drawn as one with their neighbours.
const NARROWEST = 1;
const MOTION = 160;

/**
 * What a box says of itself.
 * @param {Tree} tree
 * @param {number} node
 */
export function describe(tree, node) {
  const { unit, diff } = tree.data;
  const parts = [tree.name(node), quantity(tree.value[node], unit), percent(tree.value[node], tree.value[0])];
  if (diff) parts.push(`${change(tree.value[node], tree.before[node], unit)} since`);
  if (tree.file(node)) parts.push(tree.file(node));
  return parts.join("  ");
}

/**
 * One tree in an element that scrolls. ``events``: ``hover`` and ``select`` are told the node, -1 for none; ``open`` is
 * asked for on a double click.
 */
export class FlameView {
  #frame = 0;
  #from = { left: 0, width: 1, since: -Infinity };
  #to = { left: 0, width: 1 };
  /** @type {Set<number>} */
  #found = new Set();
  /** @type {Map<string, string>} */
  #colours = new Map();
  // The colour of each function, which is asked for ten thousand times a drawing.
  /** @type {string[]} */
  #hues = [];
  // What is to be drawn, by colour: left, top, width. Colours are changed a few times, not once a box.
  /** @type {Map<string, number[]>} */
  #boxes = new Map();
  /** @type {[string, number, number][]} */
  #texts = [];
  /** @type {[number, number, number] | null} */
  #outline = null;
  /** The milliseconds that the newest drawings took, for whoever measures. @type {number[]} */
  draws = [];
  zoomed = 0;
  selected = 0;
  #letter = 7;
  #rows = 1;

  /**
   * @param {HTMLElement} host
   * @param {Tree} tree
   * @param {{select?: (node: number) => void, hover?: (node: number) => void, open?: (node: number) => void,
   *   upward?: boolean, label: string}} options ``upward``: the whole stands at the bottom
   */
  constructor(host, tree, options) {
    this.host = host;
    this.options = options;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", options.label);
    this.spacer = document.createElement("div");
    this.spacer.className = "spacer";
    this.spacer.append(this.canvas);
    host.append(this.spacer);
    const context = this.canvas.getContext("2d");
    if (!context) throw new Error("this browser draws no canvas");
    this.context = context;
    this.tree = tree;
    this.show(tree);
    new ResizeObserver(() => this.draw()).observe(host);
    host.addEventListener("scroll", () => this.draw());
    this.canvas.addEventListener("pointermove", (event) => this.options.hover?.(this.at(event)));
    this.canvas.addEventListener("pointerleave", () => this.options.hover?.(-1));
    this.canvas.addEventListener("click", (event) => {
      const node = this.at(event);
      if (node >= 0) this.zoom(node);
    });
    this.canvas.addEventListener("dblclick", (event) => this.options.open?.(this.at(event)));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Tree} tree */
  show(tree) {
    this.tree = tree;
    this.#hues = [];
    this.zoomed = this.selected = 0;
    this.#from = { left: 0, width: tree.width[0] || 1, since: -Infinity };
    this.#to = { left: 0, width: tree.width[0] || 1 };
    this.draw();
  }

  /** Draw anew in the colours of another theme. */
  repaint() {
    this.#colours.clear();
    this.#boxes.clear();
    this.#hues = [];
    this.draw();
  }

  /** @param {Set<number>} functions those to mark */
  mark(functions) {
    this.#found = functions;
    this.draw();
  }

  /** Let a box fill the width, its callers with it. @param {number} node */
  zoom(node) {
    const now = this.#window(performance.now());
    this.zoomed = node;
    this.#from = { ...now, since: performance.now() };
    this.#to = { left: this.tree.left[node], width: this.tree.width[node] || 1 };
    this.select(node);
  }

  /** @param {number} node */
  select(node) {
    this.selected = node;
    this.options.select?.(node);
    const top = this.#top(this.tree.depth[node]);
    if (top < this.host.scrollTop || top + ROW > this.host.scrollTop + this.host.clientHeight) {
      this.host.scrollTop = top - this.host.clientHeight / 2;
    }
    this.draw();
  }

  /** The node under the pointer, -1 for none. @param {MouseEvent} event */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const { left, width } = this.#window(performance.now());
    const depth = this.#depth(event.clientY - box.top + this.host.scrollTop);
    return this.tree.find(depth, left + ((event.clientX - box.left) / box.width) * width);
  }

  /** @param {number} depth */
  #top(depth) {
    return (this.options.upward ? this.#rows - 1 - depth : depth) * ROW;
  }

  /** @param {number} top */
  #depth(top) {
    const row = Math.floor(top / ROW);
    return this.options.upward ? this.#rows - 1 - row : row;
  }

  /** What is in sight at a time, in the unit of the profile. @param {number} now */
  #window(now) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const part = calm ? 1 : Math.min(1, (now - this.#from.since) / MOTION);
    const eased = 1 - (1 - part) ** 3;
    return {
      left: this.#from.left + (this.#to.left - this.#from.left) * eased,
      width: this.#from.width + (this.#to.width - this.#from.width) * eased,
      moving: part < 1,
    };
  }

  /** Draw at the next frame. */
  draw() {
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  /** @param {number} now */
  #draw(now) {
    const began = performance.now();
    this.#frame = 0;
    const { clientWidth: width, clientHeight: height } = this.host;
    const ratio = devicePixelRatio;
    // Upward, what there is stands at the bottom, also where it does not fill the height.
    this.#rows = Math.max(this.tree.deepest + 1, Math.floor(height / ROW));
    this.spacer.style.height = `${Math.max(this.#rows * ROW, height)}px`;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const view = this.#window(Math.max(now, began));
    const context = this.context;
    context.setTransform(ratio, 0, 0, ratio, 0, -this.host.scrollTop * ratio);
    context.clearRect(0, this.host.scrollTop, width, height);
    context.font = "12px ui-monospace, monospace";
    context.textBaseline = "middle";
    this.#letter = context.measureText("m").width;
    const first = Math.floor(this.host.scrollTop / ROW);
    const last = Math.ceil((this.host.scrollTop + height) / ROW);
    // The callers of what fills the width stand back.
    let alpha = 1;
    this.#outline = null;
    for (let row = first; row <= last; row++) {
      const depth = this.#depth(row * ROW);
      if (depth < 0 || depth > this.tree.deepest) continue;
      const wanted = depth < this.tree.depth[this.zoomed] ? 0.55 : 1;
      if (wanted !== alpha) this.#paint(alpha);
      alpha = wanted;
      this.#layRow(depth, row * ROW, view, width);
    }
    this.#paint(alpha);
    this.#drawOutline();
    this.draws.push(performance.now() - began);
    if (this.draws.length > 600) this.draws.shift();
    if (view.moving) this.draw();
  }

  /** @param {number} depth @param {number} top @param {{left: number, width: number}} view @param {number} pixels */
  #layRow(depth, top, view, pixels) {
    const scale = pixels / view.width;
    const row = this.tree.rows[depth];
    // The first box that ends behind the left edge: what lies before it is not looked at.
    let low = 0;
    let high = row.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tree.left[row[middle]] + this.tree.width[row[middle]] <= view.left) low = middle + 1;
      else high = middle;
    }
    let drawn = -1;
    for (let index = low; index < row.length; index++) {
      const node = row[index];
      const left = (this.tree.left[node] - view.left) * scale;
      if (left > pixels) break;
      const right = left + this.tree.width[node] * scale;
      if (right - drawn < NARROWEST && depth > 0) continue;
      drawn = Math.max(right, left + NARROWEST);
      this.#layBox(node, Math.max(left, 0), top, Math.min(drawn, pixels));
    }
  }

  /** @param {number} node @param {number} left @param {number} top @param {number} right */
  #layBox(node, left, top, right) {
    const width = right - left;
    const colour = this.#found.has(this.tree.fn[node]) ? this.#colour("--hit") : this.#fill(node);
    let boxes = this.#boxes.get(colour);
    if (!boxes) this.#boxes.set(colour, (boxes = []));
    boxes.push(left, top, Math.max(width - (width > 3 ? 1 : 0), 0.5));
    if (node === this.selected) this.#outline = [left, top, width];
    if (width <= 3 * this.#letter) return;
    const text = shorten(this.tree.name(node), Math.floor((width - 8) / this.#letter));
    if (text) this.#texts.push([text, left + 4, top + ROW / 2]);
  }

  /** Draw what was laid out since. @param {number} alpha */
  #paint(alpha) {
    const context = this.context;
    context.globalAlpha = alpha;
    for (const [colour, boxes] of this.#boxes) {
      if (!boxes.length) continue;
      context.fillStyle = colour;
      for (let at = 0; at < boxes.length; at += 3) context.fillRect(boxes[at], boxes[at + 1], boxes[at + 2], ROW - 1);
      boxes.length = 0;
    }
    context.fillStyle = this.#colour("--text");
    for (const [text, left, middle] of this.#texts) context.fillText(text, left, middle);
    this.#texts.length = 0;
    context.globalAlpha = 1;
  }

  #drawOutline() {
    if (!this.#outline) return;
    const [left, top, width] = this.#outline;
    this.context.strokeStyle = this.#colour("--text");
    this.context.lineWidth = 2;
    this.context.strokeRect(left + 1, top + 1, Math.max(width - 3, 1), ROW - 3);
  }

  /** @param {number} node */
  #fill(node) {
    if (this.tree.fn[node] < 0) return this.#colour("--whole");
    if (this.tree.data.diff) {
      const value = this.tree.value[node];
      const before = this.tree.before[node];
      const larger = Math.max(value, before);
      if (value === before) return this.#colour("--whole");
      const part = Math.max(0.15, Math.abs(value - before) / larger);
      const name = value > before ? "--more" : "--less";
      // In twenty steps: more are not told apart, and each is a colour to change to.
      return `color-mix(in srgb, ${this.#colour(name)} ${Math.ceil(part * 20) * 5}%, ${this.#colour("--whole")})`;
    }
    const fn = this.tree.fn[node];
    this.#hues[fn] ??=
      `hsl(${hue(this.tree.name(node))} ${this.#colour("--saturation")} ${this.#colour("--lightness")})`;
    return this.#hues[fn];
  }

  /** A value of the style sheet. @param {string} name */
  #colour(name) {
    let colour = this.#colours.get(name);
    if (!colour) {
      colour = getComputedStyle(this.host).getPropertyValue(name).trim();
      this.#colours.set(name, colour);
    }
    return colour;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const inward = this.options.upward ? "ArrowUp" : "ArrowDown";
    const outward = this.options.upward ? "ArrowDown" : "ArrowUp";
    let next = -1;
    if (event.key === inward) next = this.tree.widestCallee(this.selected);
    else if (event.key === outward) next = this.tree.parent[this.selected];
    else if (event.key === "ArrowLeft") next = this.tree.beside(this.selected, -1);
    else if (event.key === "ArrowRight") next = this.tree.beside(this.selected, 1);
    else if (event.key === "Enter") this.zoom(this.selected);
    else return;
    event.preventDefault();
    if (next >= 0) this.select(next);
  }
}
