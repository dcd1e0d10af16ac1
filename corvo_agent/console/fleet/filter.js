// What the box above the fleet takes: conditions of the selector language, and words that names are searched for.

/**
 * @typedef {{name: string, node: string, service: string, category: string, labels: Record<string, string>,
 *   status: "live" | "silent" | "no-agent" | "invalid" | "frozen", reachable: boolean | null, why: string,
 *   wanted: {level: string, source: string, until: string | null, by: string, reason: string} | null, applied: string | null,
 *   "in-force": boolean, started: string | null, restarts: number, workers: number | null, errors: number | null,
 *   cpu: number | null, rss: number | null, "loop-lag": number | null, asked: string | null,
 *   "errors-at-least"?: boolean, remarks?: string[]}} Row
 * @typedef {(row: Row) => boolean} Condition
 */

/** What can be compared besides labels, with what it means. @type {Record<string, [string, (row: Row) => string | number | null]>} */
export const FIELDS = {
  name: ["the Module's name", (row) => row.name],
  node: ["where it runs", (row) => row.node],
  service: ["its service", (row) => row.service],
  category: ["its category", (row) => row.category],
  status: ["live, silent, frozen, no-agent, invalid", (row) => row.status],
  level: ["the level that is wanted", (row) => row.wanted?.level ?? null],
  applied: ["the level that its agent says is in force", (row) => row.applied],
  source: ["override, log-level or default", (row) => row.wanted?.source ?? null],
  "in-force": ["whether its agent follows that level: yes, no", (row) => (row["in-force"] ? "yes" : "no")],
  errors: ["errors of the last 10 minutes", (row) => row.errors],
  restarts: ["how often it was restarted", (row) => row.restarts],
  workers: ["processes of one Module", (row) => row.workers],
  cpu: ["percent of one processor", (row) => row.cpu],
  rss: ["bytes of memory", (row) => row.rss],
};
/** @type {Record<string, string>} */
const SAME = {
  "status.node": "node",
  "status.service": "service",
  "status.category": "category",
  "spec.log-level": "level",
  "meta.name": "name",
};

/**
 * What an object holds under a name, and not what every object has, such as "constructor".
 * @template T @param {Record<string, T>} object @param {string} name @returns {T | undefined}
 */
export const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

/** @param {string} key @returns {(row: Row) => string | number | null} */
function getter(key) {
  const label = /^(?:meta\.)?labels\[(.+)\]$/.exec(key)?.[1];
  const field = own(FIELDS, own(SAME, key) ?? key);
  if (field && !label) return field[1];
  const name = label ?? key;
  return (row) => own(row.labels, name) ?? null;
}

/** The parts between commas that stand in no parentheses. @param {string} text */
function parts(text) {
  return text
    .split(/,(?![^(]*\))/)
    .map((each) => each.trim())
    .filter(Boolean);
}

/**
 * Conditions with commas between them, all of which have to hold: ``team=shop``, ``status!=live``, ``node in (a,b)``,
 * ``errors>0``, ``!canary``. A word alone is a part of a name, a node or a service, or the key of a label. As in the
 * API, ``!=`` and ``notin`` hold only where there is a value. Throws an Error that says what is wrong.
 * @param {string} text @returns {Condition}
 */
export function parseFilter(text) {
  const conditions = parts(text).map(condition);
  return (row) => conditions.every((holds) => holds(row));
}

/** @param {string} text @returns {Condition} */
function condition(text) {
  const listed = /^(\S+)\s+(in|notin)\s*\((.*)\)$/s.exec(text);
  if (listed) {
    const get = getter(listed[1]);
    const values = new Set(listed[3].split(",").map((each) => each.trim().toLowerCase()));
    const wanted = listed[2] === "in";
    return (row) => {
      const value = get(row);
      return value !== null && values.has(String(value).toLowerCase()) === wanted;
    };
  }
  const compared = /^([^\s=!<>()]+)\s*(==|=|!=|<=|>=|<|>)\s*(.*)$/s.exec(text);
  if (compared) return comparison(getter(compared[1]), compared[2], compared[3].trim(), text);
  const absent = /^!\s*([^\s=!<>()]+)$/.exec(text);
  if (absent) {
    const get = getter(absent[1]);
    return (row) => get(row) === null;
  }
  if (/[=!<>()]/.test(text))
    throw new Error(`“${text}” is no condition: write team=shop, status!=live or node in (a,b)`);
  const part = text.toLowerCase();
  return (row) =>
    row.name.toLowerCase().includes(part) ||
    row.node.toLowerCase().includes(part) ||
    row.service.toLowerCase().includes(part) ||
    Object.hasOwn(row.labels, text);
}

/** @param {(row: Row) => string | number | null} get @param {string} sign @param {string} wanted @param {string} text @returns {Condition} */
function comparison(get, sign, wanted, text) {
  if (/[<>]/.test(sign)) {
    const number = Number(wanted);
    if (wanted === "" || Number.isNaN(number)) throw new Error(`“${text}”: ${sign} compares with a number`);
    return (row) => {
      const value = get(row);
      if (value === null || value === "" || Number.isNaN(Number(value))) return false;
      if (sign.startsWith("<")) return Number(value) < number || (sign === "<=" && Number(value) === number);
      return Number(value) > number || (sign === ">=" && Number(value) === number);
    };
  }
  const folded = wanted.toLowerCase();
  return (row) => {
    const value = get(row);
    return value !== null && (String(value).toLowerCase() === folded) === (sign !== "!=");
  };
}
