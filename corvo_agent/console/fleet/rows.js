// The fleet as data: rows as they come, which of them are shown, in which order and groups. Knows nothing of pages.

import { own } from "./filter.js";

/** @typedef {import("./filter.js").Row} Row */
/** @typedef {{group: string, count: number, errors: number, trouble: number}} Group a heading */

const RANK = { frozen: 0, invalid: 1, silent: 2, "no-agent": 3, live: 4 };

/** Larger comes first; what is not known comes last. @param {(row: Row) => number | null} of */
function most(of) {
  return (/** @type {Row} */ a, /** @type {Row} */ b) => (of(b) ?? -1) - (of(a) ?? -1);
}

/** The orders that there are; equal ones are in the order of their names. @type {Record<string, (a: Row, b: Row) => number>} */
export const ORDERS = {
  name: () => 0,
  errors: most((row) => row.errors),
  status: (a, b) => RANK[a.status] - RANK[b.status] || Number(a["in-force"]) - Number(b["in-force"]),
  cpu: most((row) => row.cpu),
  rss: most((row) => row.rss),
  "loop-lag": most((row) => row["loop-lag"]),
  restarts: most((row) => row.restarts),
  started: most((row) => (row.started ? Date.parse(row.started) : null)),
};

/** Whether a row wants to be looked at: it does not answer, or another level holds than the one that is wanted. @param {Row} row */
export function isTrouble(row) {
  return row.status !== "live" || row.reachable === false || !row["in-force"];
}

/** All rows that are known. */
export class Fleet {
  /** @type {Map<string, Row>} */
  rows = new Map();
  /** Those named since the stream began anew; null while it goes on. @type {Set<string> | null} */
  #listing = null;
  /** Names in their order; null when one has come or gone. @type {string[] | null} */
  #names = null;
  /** The keys of labels that have occurred. @type {Set<string>} */
  labels = new Set();
  listed = false;

  /** Take a line of the stream. @param {any} message */
  take(message) {
    if (message.type === "opened") this.#listing = new Set();
    else if (message.type === "row") this.#put(message.object);
    else if (message.type === "gone") this.#drop(message.name);
    else if (message.type === "listed") {
      // What was there before the stream was lost, and is not listed any more, has gone meanwhile.
      for (const name of this.rows.keys()) if (this.#listing && !this.#listing.has(name)) this.#drop(name);
      this.#listing = null;
      this.listed = true;
    }
  }

  /** @param {Row} row */
  #put(row) {
    const known = this.rows.get(row.name);
    // The stream does not measure: what was measured stays until it is measured again.
    if (known?.asked && row.asked === null)
      row = { ...row, ...measured(known), ...(row.status === "live" && found(known)) };
    if (!known) this.#names = null;
    this.rows.set(row.name, row);
    this.#listing?.add(row.name);
    for (const key in row.labels) this.labels.add(key);
  }

  /** @param {string} name */
  #drop(name) {
    this.#names = null;
    this.rows.delete(name);
  }

  /** Take what was measured. @param {Row[]} rows */
  measure(rows) {
    for (const row of rows) {
      const known = this.rows.get(row.name);
      if (known) this.rows.set(row.name, { ...known, ...measured(row), ...found(row) });
    }
  }

  /**
   * What is shown: rows that ``holds`` lets through, in an order, below headings where they are grouped.
   * @param {(row: Row) => boolean} holds @param {string} order a key of ORDERS @param {string} by "" or node, service, status, or a label
   * @returns {(Row | Group)[]}
   */
  shown(holds, order, by) {
    this.#names ??= [...this.rows.keys()].sort();
    const found = [];
    for (const name of this.#names) {
      const row = /** @type {Row} */ (this.rows.get(name));
      if (holds(row)) found.push(row);
    }
    // Sorting is stable: equal ones stay in the order of their names.
    if (order !== "name" && ORDERS[order]) found.sort(ORDERS[order]);
    if (!by) return found;
    /** @type {Map<string, Row[]>} */
    const groups = new Map();
    for (const row of found) {
      const key = groupOf(row, by);
      const there = groups.get(key);
      if (there) there.push(row);
      else groups.set(key, [row]);
    }
    const names = [...groups.keys()];
    // In the order of the rows, unless that is by name.
    if (order === "name") names.sort();
    return names.flatMap((group) => {
      const rows = /** @type {Row[]} */ (groups.get(group));
      const errors = rows.reduce((sum, row) => sum + (row.errors ?? 0), 0);
      return [{ group, count: rows.length, errors, trouble: rows.filter(isTrouble).length }, ...rows];
    });
  }
}

/** @param {Row} row */
function measured(row) {
  const { errors, cpu, rss, asked, remarks } = row;
  return { errors, "errors-at-least": row["errors-at-least"], cpu, rss, "loop-lag": row["loop-lag"], asked, remarks };
}

/** How it was when it was asked: a process that is frozen is still registered. @param {Row} row */
function found(row) {
  return { status: row.status, reachable: row.reachable, why: row.why };
}

/** @param {Row} row @param {string} by */
function groupOf(row, by) {
  if (by === "node" || by === "service" || by === "status" || by === "category") return row[by] || "none";
  return own(row.labels, by) ?? "none";
}
