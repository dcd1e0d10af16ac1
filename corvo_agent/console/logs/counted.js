// How many lines logs have, as their agents count them: more than the page holds.

import { now } from "../shell/clock.js";
import { seconds } from "../shell/format.js";
import { forEach } from "../shell/many.js";
import { STEPS } from "./histogram.js";
import { namesOf } from "./source.js";

// How far back, unless the view says; bars for that; logs that are counted at the most.
const SINCE = "1h";
const BARS = 150;
const MOST = 20;

/** @typedef {{time: string, levels: Record<string, number>}} Count one step of one log */

/**
 * The counts of all lines that a view shows, in steps of so many seconds, between two times; undefined where it shows
 * some lines only, or where an agent does not count.
 * @typedef {{counts: Count[], from: number, until: number, step: number, unknown: string}} Counted
 * @param {import("../shell/app.js").App} app @param {import("./link.js").LogView} view @param {AbortSignal} signal
 * @returns {Promise<Counted | undefined>}
 */
export async function counted(app, view, signal) {
  const { since = SINCE, lines: _, ...filters } = view.parameters;
  const span = seconds(since);
  if (Object.keys(filters).length || view.find || Number.isNaN(span)) return undefined;
  const names = await namesOf(app, view, signal);
  if (names.length > MOST) return undefined;
  const found = await ask(app, names, span, signal);
  // Logs that are younger than that have room for finer steps.
  const first = found.counts.reduce((least, { time }) => Math.min(least, Date.parse(time) / 1000), Infinity);
  const finer = stepFor(found.until - first) < found.step;
  return finer ? ask(app, names, found.until - first, signal) : found.counts.length ? found : undefined;
}

/** @param {number} span seconds */
const stepFor = (span) => STEPS.find((each) => span / each <= BARS) ?? 86_400;

/** @param {import("../shell/app.js").App} app @param {string[]} names @param {number} span seconds @param {AbortSignal} signal @returns {Promise<Counted>} */
async function ask(app, names, span, signal) {
  const step = stepFor(span);
  const until = Math.ceil(now() / 1000);
  const from = Math.floor((until - span) / step) * step;
  /** @type {Count[]} */
  const counts = [];
  /** @type {string[]} */
  const unknown = [];
  const count = async (/** @type {string} */ name) => {
    const query = { since: `${Math.ceil(span)}s`, step: String(step) };
    const found = await app.session.json(`modules/${encodeURIComponent(name)}/counts`, { query, signal });
    counts.push(...found.counts);
    if (found.unknown) unknown.push(found.unknown);
  };
  await forEach(names, count, signal);
  return { counts, from, until, step, unknown: unknown.join("; ") };
}
