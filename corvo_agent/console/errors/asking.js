// Asking for errors: one Module, or all that answer, and of very many those that have logged errors just now.

import { count } from "../shell/format.js";
import { forEach } from "../shell/many.js";
import { asApiError } from "../shell/session.js";
import { Kinds } from "./kinds.js";

// Modules whose logs are read at the most, and as many that are measured by one request.
const MOST = 200;

/** @typedef {import("../shell/app.js").App} App @typedef {import("../fleet/filter.js").Row} Row */

/**
 * The kinds of errors of one Module, or of all that ``selector`` selects; ``tell`` hears how far it is. Raises ApiError.
 * @param {App} app @param {{name: string, selector: string, since: string}} wanted @param {(text: string) => void} tell @param {AbortSignal} signal
 */
export async function errorsOf(app, { name, selector, since }, tell, signal) {
  const kinds = new Kinds();
  const ask = (/** @type {string} */ one) =>
    app.session.json(`modules/${encodeURIComponent(one)}/errors`, { query: { since }, signal });
  if (name) {
    kinds.add(await ask(name));
    return kinds;
  }
  const { items } = await app.session.json("statuses", { query: { "label-selector": selector }, signal });
  /** @type {string[]} */
  let names = items.filter((/** @type {Row} */ row) => row.status === "live").map((/** @type {Row} */ row) => row.name);
  if (names.length > MOST) {
    kinds.remarks.push(
      `Of ${count(names.length)} modules those with errors in the last 10 minutes are asked, ${MOST} at most.`,
    );
    names = (await erring(app, names, tell, signal)).slice(0, MOST);
  }
  let left = names.length;
  const add = async (/** @type {string} */ one) => {
    await ask(one).then(
      (answer) => kinds.add(answer),
      (error) => kinds.remarks.push(`${one}: ${asApiError(error).message}`),
    );
    tell(--left ? `${count(left)} modules to go` : "");
  };
  await forEach(names, add, signal);
  return kinds;
}

/** Those of ``names`` that have logged errors in the last ten minutes, most of them first. @param {App} app @param {string[]} names @param {(text: string) => void} tell @param {AbortSignal} signal */
async function erring(app, names, tell, signal) {
  /** @type {Row[]} */
  const found = [];
  let left = names.length;
  const portions = Array.from({ length: Math.ceil(left / MOST) }, (_, at) => names.slice(at * MOST, (at + 1) * MOST));
  const measure = async (/** @type {string[]} */ name) => {
    const { items } = await app.session.json("statuses", { query: { name, measure: "true" }, signal });
    found.push(...items.filter((/** @type {Row} */ row) => row.errors));
    tell(`Measuring: ${count((left -= name.length))} to go`);
  };
  await forEach(portions, measure, signal);
  return found.sort((a, b) => (b.errors ?? 0) - (a.errors ?? 0)).map((row) => row.name);
}
