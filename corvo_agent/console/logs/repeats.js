// Lines that come twice: a stream that begins anew says all lines again that its cursor was not behind yet.

/** @typedef {import("./record.js").LogRecord} LogRecord */

// Lines of each module that are kept at the most, where its agent tells no cursor for long; twice that for a while.
const MOST = 5_000;

/** What has come of each module since its last cursor, which is told from what comes for the first time. */
export class Repeats {
  /** @type {Map<string, LogRecord[]>} */
  #came = new Map();
  /** How often each of them is still expected to come again, by its JSON. @type {Map<string, Map<string, number>>} */
  #expected = new Map();

  /** The stream has begun anew. */
  opened() {
    this.#expected.clear();
    for (const [module, records] of this.#came) {
      /** @type {Map<string, number>} */
      const counts = new Map();
      for (const record of records) {
        const text = JSON.stringify(record);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      this.#expected.set(module, counts);
    }
  }

  /** All that has come of a module is behind its cursor: none of it comes again. @param {string} module */
  reached(module) {
    this.#came.delete(module);
    this.#expected.delete(module);
  }

  /** Whether a line comes for the first time. @param {string} module @param {LogRecord} record */
  isNew(module, record) {
    const counts = this.#expected.get(module);
    if (counts) {
      const text = JSON.stringify(record);
      const left = counts.get(text) ?? 0;
      if (left) {
        counts.set(text, left - 1);
        return false;
      }
    }
    const records = this.#came.get(module);
    if (!records) this.#came.set(module, [record]);
    else if (records.push(record) > 2 * MOST) records.splice(0, MOST);
    return true;
  }
}
