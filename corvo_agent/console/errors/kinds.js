// Errors by kind, of one Module or of many as one: a kind is what was raised, where, and what the line says.

import { fragment } from "../shell/router.js";

/**
 * ``first`` and ``last`` are null where lines have no times; ``newest`` is the record of the last one.
 * @typedef {{count: number, exception: string, frame: string, message: string, first: string | null, last: string | null,
 *   newest: Record<string, string>}} Group as GET modules/NAME/errors answers it
 * @typedef {Group & {modules: string[]}} Kind
 */

/** The kinds of all Modules that were asked. */
export class Kinds {
  /** @type {Map<string, Kind>} */
  #all = new Map();
  /** Errors in all, and those of kinds that an answer has left out. */
  errors = 0;
  others = 0;
  /** What could not be judged, and who has not answered. @type {string[]} */
  remarks = [];

  /**
   * Take what one Module has answered.
   * @param {{module: string, errors: number, others: number, groups: Group[], remarks: string[]}} answer
   */
  add({ module, errors, others, groups, remarks }) {
    this.errors += errors;
    this.others += others;
    this.remarks.push(...remarks.map((text) => `${module}: ${text}`));
    for (const group of groups) {
      const key = JSON.stringify([group.exception, group.frame, group.message]);
      const known = this.#all.get(key);
      this.#all.set(key, known ? merged(known, group, module) : { ...group, modules: [module] });
    }
  }

  /** Those with a text in what they say or in their Modules, the most frequent first. @param {string} text @returns {Kind[]} */
  matching(text) {
    const wanted = text.trim().toLowerCase();
    const told = (/** @type {Kind} */ kind) => [kind.exception, kind.frame, kind.message, ...kind.modules];
    return [...this.#all.values()]
      .filter((kind) => told(kind).some((each) => each.toLowerCase().includes(wanted)))
      .sort((a, b) => b.count - a.count || (b.last ?? "").localeCompare(a.last ?? ""));
  }
}

/** @param {Kind} known @param {Group} group @param {string} module @returns {Kind} */
function merged(known, group, module) {
  const isNewer = (group.last ?? "") > (known.last ?? "");
  const first = [known.first, group.first].filter((each) => each !== null).sort()[0] ?? null;
  const { last, newest } = isNewer ? group : known;
  return { ...known, count: known.count + group.count, modules: [...known.modules, module], first, last, newest };
}

/**
 * The longest part of a folded message that stands in its lines as it is: what is folded is <n> or <id>, and what is
 * quoted may be written in another way.
 * @param {string} message
 */
export function piece(message) {
  const parts = message.split(/<n>|<id>|<hex>|…|["\\]|[^ -~]/).map((each) => each.trim());
  return parts.reduce((longest, each) => (each.length > longest.length ? each : longest), "");
}

/** The link to the lines of a kind. @param {Kind} kind @param {string} since such as 1h */
export function linesOf({ modules, message, exception, first }, since) {
  const part = piece(message);
  const fixed = part.length > 3 ? part : exception;
  return fragment("logs", "", { names: modules.join(","), level: "error", since: first ?? since, fixed });
}
