// The histogram in the page: bars by level, and a brush that chooses a span of time.

import { element } from "../shell/dom.js";
import { count, moment } from "../shell/format.js";
import { brushed, CLASSES } from "./histogram.js";

const HEIGHT = 44;
const BAR = 7;
const COLOURS = ["--debug", "--info", "--warn", "--error"];
// Milliseconds between two drawings of what comes by itself: the lines need the time more.
const PAUSE = 500;

/** Bars of what is in a Histogram; ``chosen`` is told the span that was brushed, as the times of a query. */
export class Chart {
  /** @type {ReturnType<import("./histogram.js").Histogram["bars"]>} */
  #bars = { step: 1, start: 0, bars: [] };
  #from = -1;
  #timer = 0;
  #drawn = -Infinity;
  #to = -1;

  /** @param {import("./histogram.js").Histogram} histogram @param {(span: {since: string, until: string}) => void} chosen */
  constructor(histogram, chosen) {
    this.histogram = histogram;
    this.canvas = element("canvas", {
      role: "img",
      title: "Draw over a span to ask for its lines; the fields since and until do the same",
    });
    this.caption = element("figcaption", { className: "quiet" });
    this.figure = element("figure", { className: "chart" }, this.canvas, this.caption);
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.#from = this.#to = this.#at(event);
      this.draw();
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.#from < 0) return this.#tell(this.#at(event));
      this.#to = this.#at(event);
      this.draw();
    });
    this.canvas.addEventListener("pointercancel", () => {
      this.#from = this.#to = -1;
      this.draw();
    });
    this.canvas.addEventListener("pointerleave", () => this.#tell(-1));
    this.canvas.addEventListener("pointerup", () => {
      const [from, to] = [this.#from, this.#to];
      this.#from = this.#to = -1;
      if (from >= 0 && this.#bars.bars.length) chosen(brushed(this.#bars, from, to));
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.figure);
  }

  /** The bar at the pointer. @param {PointerEvent} event */
  #at(event) {
    const { left } = this.canvas.getBoundingClientRect();
    return Math.max(0, Math.min(this.#bars.bars.length - 1, Math.floor((event.clientX - left) / BAR)));
  }

  /** @param {number} bar -1: all of them */
  #tell(bar) {
    const { step, start, bars } = this.#bars;
    const some = bar < 0 ? bars : bars.slice(bar, bar + 1);
    const sums = Array.from({ length: CLASSES }, (_, each) => some.reduce((sum, one) => sum + one[each], 0));
    const time = (/** @type {number} */ index) => moment(new Date((start + index * step) * 1000).toISOString());
    const span = bar < 0 ? `${time(0)} to ${time(bars.length)}` : `${time(bar)} to ${time(bar + 1)}`;
    const all = sums.reduce((a, b) => a + b, 0);
    const { until, unknown } = this.histogram;
    const where = until ? "in the logs" : "on this page";
    const rest = unknown && ` · ${unknown}`;
    const found = `${count(all)} lines ${where}, ${count(sums[3])} errors, ${count(sums[2])} warnings`;
    const text = bars.length ? `${span}: ${found}${rest}` : "";
    this.caption.textContent = text;
    this.canvas.setAttribute("aria-label", text || "No lines");
  }

  /** There are more lines, or fewer. */
  changed() {
    if (performance.now() - this.#drawn > PAUSE) this.draw();
    else
      this.#timer ||= window.setTimeout(() => {
        this.#timer = 0;
        this.draw();
      }, PAUSE);
  }

  draw() {
    this.#drawn = performance.now();
    const width = this.figure.clientWidth;
    const ratio = devicePixelRatio;
    this.#bars = this.histogram.bars(Math.max(1, Math.floor(width / BAR)));
    if (this.canvas.width !== Math.round(width * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = HEIGHT * ratio;
    }
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(this.figure);
    const colours = COLOURS.map((each) => style.getPropertyValue(each));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, HEIGHT);
    const { bars } = this.#bars;
    if (this.#from >= 0) {
      context.fillStyle = style.getPropertyValue("--chosen");
      context.fillRect(Math.min(this.#from, this.#to) * BAR, 0, (Math.abs(this.#to - this.#from) + 1) * BAR, HEIGHT);
    }
    const sums = bars.map((bar) => bar.reduce((a, b) => a + b, 0));
    const highest = Math.max(1, ...sums);
    bars.forEach((bar, index) => {
      let top = HEIGHT - 1;
      // The worst at the bottom: few errors among many lines stand on the line where they are seen.
      for (let each = CLASSES - 1; each >= 0; each--) {
        if (!bar[each]) continue;
        const height = Math.max(1.5, (bar[each] / highest) * (HEIGHT - 4));
        context.fillStyle = colours[each];
        context.fillRect(index * BAR, top - height, BAR - 1, height);
        top -= height;
      }
    });
    this.#tell(-1);
  }
}
