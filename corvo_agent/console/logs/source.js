// Where lines come from: followed by the page's stream, or asked for once where a query has an end.

import { forEach } from "../shell/many.js";
import { ApiError, asApiError } from "../shell/session.js";
import { isGap, messageOf, stampOf } from "./record.js";
import { Repeats } from "./repeats.js";

/** @typedef {import("./link.js").LogView} LogView @typedef {import("./record.js").LogRecord} LogRecord */

/**
 * What is told of the lines: each of them, that a module cannot be read (``ended``: none can), and that all have been.
 * @typedef {{line: (module: string, record: LogRecord) => void, failed: (module: string, error: import("../shell/session.js").ApiError,
 *   ended: boolean) => void, settled: () => void}} Told
 */

/** How many of the newest lines of each log, unless a view says. */
export const DEFAULT_LINES = "1000";
const MOST_MODULES = 100;

/** Whether a query has no end, so that it can be followed. @param {LogView} view */
export const isFollowed = ({ parameters }) => !parameters.until && !parameters.day;

/** @param {LogView} view */
const asked = ({ parameters }) => ({ lines: DEFAULT_LINES, ...parameters });

/**
 * Read what a view asks for until ``signal`` ends it.
 * @param {import("../shell/app.js").App} app @param {LogView} view @param {Told} told @param {AbortSignal} signal
 */
export function read(app, view, told, signal) {
  if (isFollowed(view)) follow(app, view, told, signal);
  else void readOnce(app, view, told, signal);
}

/** @param {import("../shell/app.js").App} app @param {LogView} view @param {Told} told @param {AbortSignal} signal */
function follow(app, view, told, signal) {
  const modules = view.names.length ? { names: view.names } : { "label-selector": view.selector };
  const repeats = new Repeats();
  const on = (/** @type {any} */ message) => {
    const { type, module, log } = message;
    if (type === "opened") repeats.opened();
    else if (type === "log" || (type === "gap" && isGap(log))) {
      if (repeats.isNew(module, log)) told.line(module, log);
    } else if (type === "cursor" || type === "listed") {
      if (type === "cursor") repeats.reached(module);
      told.settled();
    }
    if (type === "error") told.failed(module ?? "", message.error, message.ended ?? false);
  };
  app.stream.subscribe({ kind: "logs", ...modules, parameters: asked(view) }, on, signal);
}

/** @param {import("../shell/app.js").App} app @param {LogView} view @param {Told} told @param {AbortSignal} signal */
async function readOnce(app, view, told, signal) {
  try {
    const all = await namesOf(app, view, signal);
    const left = all.slice(MOST_MODULES);
    if (left.length)
      told.failed("", new ApiError(0, "", [`${left[0]} and later ones are left out: at most 100 logs`]), false);
    const work = async (/** @type {string} */ name) => {
      try {
        for (const record of await ask(app, name, asked(view), signal)) told.line(name, record);
      } catch (error) {
        if (!signal.aborted) told.failed(name, asApiError(error), false);
      }
    };
    await forEach(all.slice(0, MOST_MODULES), work, signal);
  } catch (error) {
    if (!signal.aborted) told.failed("", asApiError(error), true);
  }
  if (!signal.aborted) told.settled();
}

/** The Modules of a view. @param {import("../shell/app.js").App} app @param {LogView} view @param {AbortSignal} signal @returns {Promise<string[]>} */
export async function namesOf(app, { names, selector }, signal) {
  if (names.length) return names;
  const { items } = await app.session.json("statuses", { query: { "label-selector": selector }, signal });
  return items.map((/** @type {{name: string}} */ { name }) => name);
}

/**
 * The lines of one module that parameters ask for, and what its agent remarks on them.
 * @param {import("../shell/app.js").App} app @param {string} name @param {Record<string, string>} query @param {AbortSignal} signal
 * @returns {Promise<LogRecord[]>}
 */
async function ask(app, name, query, signal) {
  const { logs, remarks } = await app.session.json(`modules/${encodeURIComponent(name)}/logs`, { query, signal });
  return [...logs, ...(remarks ?? []).filter(isGap)];
}

/**
 * The lines of a module around one of its lines, without any filter, and which of them it is (null: it is gone).
 * @param {import("../shell/app.js").App} app @param {import("./record.js").Entry} entry @param {AbortSignal} signal
 * @returns {Promise<{logs: LogRecord[], at: number | null}>}
 */
export async function around(app, { module, record }, signal) {
  const time = stampOf(record);
  if (!time)
    throw new ApiError(0, "No time", ["this line has none that can be read: its neighbours cannot be found by it"]);
  const query = { time, fixed: messageOf(record).slice(0, 200), before: "10", after: "10" };
  return app.session.json(`modules/${encodeURIComponent(module)}/logs/context`, { query, signal });
}
