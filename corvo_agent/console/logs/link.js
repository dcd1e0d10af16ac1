// What the Logs screen shows, as a link: which modules, the parameters of the Log query, and what the page does with them.

/**
 * ``parameters``: those of the Log query; ``find``: a text looked for among the lines that are here.
 * @typedef {{names: string[], selector: string, parameters: Record<string, string>, find: string, wrap: boolean}} LogView
 */

// The parameters that a person chooses; the others (order, columns, cursor, raw ...) are the page's own business.
const PARAMETERS = ["level", "since", "until", "day", "fixed", "grep", "trace", "audit", "lines", "join"];
const SHORT = ["module", "submodule", "caller"];
export const OPERATORS = [">=", "<=", "!=", "!~", "=", "~", ">", "<"];

/** Whether a parameter may stand in a link. @param {string} name */
export const isParameter = (name) => PARAMETERS.includes(name) || SHORT.includes(name) || /^field\../.test(name);

/** @param {URLSearchParams} given what stands behind the ? of the link @param {string} [name] a module named before it @returns {LogView} */
export function decode(given, name = "") {
  /** @type {Record<string, string>} */
  const parameters = {};
  for (const [name, value] of given) if (isParameter(name)) parameters[name] = value;
  return {
    names: [...new Set([name, ...(given.get("names") ?? "").split(",")].filter(Boolean))],
    selector: given.get("label-selector") ?? "",
    parameters,
    find: given.get("find") ?? "",
    wrap: given.get("wrap") === "yes",
  };
}

/** @param {LogView} view @returns {string} equal views give equal links */
export function encode({ names, selector, parameters, find, wrap }) {
  const given = new URLSearchParams();
  if (names.length) given.set("names", names.join(","));
  if (selector) given.set("label-selector", selector);
  for (const name of Object.keys(parameters).sort()) given.set(name, parameters[name]);
  if (find) given.set("find", find);
  if (wrap) given.set("wrap", "yes");
  return `${given}`;
}

/**
 * A condition on a field that a person has typed, ``status>=500``, as the parameter for it; undefined without an operator.
 * The first operator counts, the longer one where two begin at one place.
 * @param {string} text
 * @returns {[string, string] | undefined}
 */
export function condition(text) {
  const found = OPERATORS.map((sign) => ({ sign, at: text.indexOf(sign) })).filter(({ at }) => at > 0);
  found.sort((a, b) => a.at - b.at || b.sign.length - a.sign.length);
  if (!found.length) return undefined;
  const [{ sign, at }] = found;
  return [`field.${text.slice(0, at).trim()}${sign}`, text.slice(at + sign.length)];
}

/** A parameter as people read it: ``status >= 500``. @param {string} name @param {string} value */
export function told(name, value) {
  if (!name.startsWith("field.")) return `${name}: ${value}`;
  const sign = OPERATORS.find((each) => name.endsWith(each)) ?? "";
  return `${name.slice(6, name.length - sign.length)} ${sign || "="} ${value}`;
}
