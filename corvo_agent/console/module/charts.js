// Small charts of the last fifteen minutes, as the agent has kept them.

import { element, setText } from "../shell/dom.js";
import { bytes, clock, count, span } from "../shell/format.js";

/** @typedef {{time: string, [what: string]: any}} Sample */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 48;

/** What is drawn: the key of a sample, its name, how its values are told. @type {[string, string, (value: number) => string][]} */
const CHARTS = [
  ["cpu", "CPU", (value) => `${value.toFixed(1)}%`],
  ["rss", "Memory", bytes],
  ["loop-lag", "Loop lag", span],
  ["tasks", "Tasks", count],
  ["gc-pause", "Garbage collection", span],
];
// What is looked at last: drawn smaller and fainter than what is looked at first.
const MINOR = new Set(["tasks", "gc-pause"]);

/** @param {string} name @param {Record<string, string | number>} attributes */
function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * The pieces of a line: what was not measured, and what lies more than two steps apart, is not joined.
 * @param {Sample[]} samples @param {string} key @param {number} step seconds
 * @returns {{time: number, value: number}[][]}
 */
export function pieces(samples, key, step) {
  /** @type {{time: number, value: number}[][]} */
  const found = [];
  let last = -Infinity;
  for (const sample of samples) {
    const value = sample[key];
    const time = Date.parse(sample.time);
    if (typeof value !== "number") continue;
    if (time - last > 2000 * step || !found.length) found.push([]);
    found[found.length - 1].push({ time, value });
    last = time;
  }
  return found;
}

/** All charts of the samples of one Module. @param {{step: number, samples: Sample[]}} kept */
export function charts(kept) {
  const first = kept.samples.length ? Date.parse(kept.samples[0].time) : 0;
  const last = kept.samples.length ? Date.parse(kept.samples[kept.samples.length - 1].time) : 0;
  return CHARTS.map(([key, name, tell]) => {
    const made = chart(pieces(kept.samples, key, kept.step), name, tell, first, last);
    if (MINOR.has(key)) made.classList.add("minor");
    return made;
  });
}

/**
 * @param {{time: number, value: number}[][]} lines @param {string} name @param {(value: number) => string} tell
 * @param {number} first @param {number} last
 */
function chart(lines, name, tell, first, last) {
  const points = lines.flat();
  const newest = points.at(-1);
  const title = element("b", { text: name });
  const figure = (/** @type {(Node | string)[]} */ ...parts) => element("figure", { className: "chart" }, ...parts);
  if (!newest)
    return figure(element("figcaption", {}, title, element("span", { className: "quiet", text: "not measured" })));
  const values = points.map((point) => point.value);
  const most = values.reduce((a, b) => Math.max(a, b));
  const least = values.reduce((a, b) => Math.min(a, b));
  // From zero on, unless what there is to see would be a flat line at the top.
  const floor = least > most * 0.7 ? least - (most - least) * 0.2 : 0;
  const x = (/** @type {number} */ time) => (last > first ? ((time - first) / (last - first)) * WIDTH : WIDTH);
  const y = (/** @type {number} */ value) => HEIGHT - 2 - ((value - floor) / (most - floor || 1)) * (HEIGHT - 6);
  const whole = `${name}: now ${tell(newest.value)}, at least ${tell(least)}, at most ${tell(most)} in the last minutes`;
  const picture = drawn("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": whole,
  });
  for (const line of lines) {
    const path = line.map((point) => `${x(point.time).toFixed(1)},${y(point.value).toFixed(1)}`);
    // A single point is seen as a short line.
    if (line.length === 1) path.push(`${(x(line[0].time) + 1).toFixed(1)},${y(line[0].value).toFixed(1)}`);
    picture.append(drawn("polyline", { points: path.join(" "), class: "trace" }));
  }
  const cursor = drawn("line", { y1: 0, y2: HEIGHT, class: "cursor" });
  const now = element("span", { className: "data", text: tell(newest.value) });
  const range = element("span", { className: "quiet data", text: `${tell(least)} – ${tell(most)}` });
  const made = figure(element("figcaption", {}, title, now, range), picture);
  made.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const time = first + ((event.clientX - box.left) / box.width) * (last - first);
    const near = points.reduce((best, point) =>
      Math.abs(point.time - time) < Math.abs(best.time - time) ? point : best,
    );
    cursor.setAttribute("x1", x(near.time).toFixed(1));
    cursor.setAttribute("x2", x(near.time).toFixed(1));
    picture.append(cursor);
    setText(now, tell(near.value));
    setText(range, `at ${clock(new Date(near.time).toISOString()).slice(0, 8)}`);
  });
  made.addEventListener("pointerleave", () => {
    cursor.remove();
    setText(now, tell(newest.value));
    setText(range, `${tell(least)} – ${tell(most)}`);
  });
  return made;
}
