// Values of a record as rows that open and close: what a text holds as JSON is shown as JSON.

/**
 * ``path``: the keys that lead there; ``text``: the value of a leaf, or how much is inside; ``open``: null for a leaf;
 * ``field``: what a condition names it by, "" inside of a list, where conditions do not look.
 * @typedef {{path: string[], key: string, text: string, open: boolean | null, field: string}} JsonRow
 */

const LONGEST = 200_000;
const MOST = 2_000;

/** What a text is as JSON where it is an object or a list, else the text. @param {string} text @returns {unknown} */
export function parsed(text) {
  if (!/^\s*[{[]/.test(text) || text.length > LONGEST) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {string[]} path */
export const pathKey = (path) => JSON.stringify(path);

/**
 * The rows of a record. What is inside of an object or a list is shown where its path is in ``open``; at most 2,000 rows, the
 * last of which says so.
 * @param {Record<string, string>} record
 * @param {Set<string>} open
 * @returns {JsonRow[]}
 */
export function jsonRows(record, open) {
  /** @type {JsonRow[]} */
  const rows = [];
  /** @type {{path: string[], field: string, value: unknown}[]} */
  const waiting = Object.entries(record).map(([key, text]) => ({ path: [key], field: key, value: parsed(text) }));
  waiting.reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, field, value } = next;
    if (rows.length === MOST) {
      rows.push({ path: ["…"], key: "…", text: `more than ${MOST} rows`, open: null, field: "" });
      break;
    }
    const inside = value !== null && typeof value === "object";
    const isOpen = inside ? open.has(pathKey(path)) : null;
    const text = inside ? summary(value) : typeof value === "string" ? value : JSON.stringify(value);
    rows.push({ path, key: path[path.length - 1], text, open: isOpen, field });
    if (!isOpen) continue;
    const within = Array.isArray(value) ? "" : field;
    const members = Object.entries(/** @type {object} */ (value)).slice(0, MOST);
    for (const [key, each] of members.reverse())
      waiting.push({ path: [...path, key], field: within && `${within}.${key}`, value: each });
  }
  return rows;
}

/** @param {object} value */
function summary(value) {
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  return Array.isArray(value) ? `[${count}]` : `{${count}}`;
}
