// What a record of a log says: when, how severe, what; in the keys that corvo_agent/logs/dialects/fields.py reads, too.

/**
 * A record is texts by key, as the Log query answers it.
 * @typedef {Record<string, string>} LogRecord
 */

/**
 * One row of the list. ``time``: milliseconds since the epoch, NaN without one; ``level``: its place in ``LEVELS``, -1
 * for none; ``gap``: a remark of the agent's that lines are missing.
 * @typedef {{module: string, record: LogRecord, time: number, level: number, gap: boolean}} Entry
 */

export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "audit"];

// The words that loggers write most; a word that is not here is shown as it is, without a colour.
/** @type {Record<string, number>} */
const WORDS = {
  ...{ trace: 0, trc: 0, verbose: 0, finest: 0, silly: 0, debug: 1, dbg: 1, fine: 1, config: 1, http: 1 },
  ...{ info: 2, inf: 2, information: 2, informational: 2, notice: 2, success: 2, log: 2, default: 2 },
  ...{ warn: 3, warning: 3, wrn: 3, error: 4, err: 4, severe: 4, fail: 4, failure: 4, exception: 4 },
  ...{ fatal: 5, critical: 5, crit: 5, panic: 5, dpanic: 5, alert: 5, emerg: 5, emergency: 5, audit: 6 },
};
const TIMES = ["ts", "@timestamp", "timestamp", "time", "@t"];
const MESSAGES = "msg message @m short_message @message MESSAGE textPayload body event @mt".split(" ");
const STACKS = ["stack", "stacktrace", "stack_trace", "error.stack_trace", "err.stack", "exc_info", "@x", "exception"];
const TRACES = [
  ...["trace_id", "traceId", "trace.id", "TraceId", "traceID", "@tr", "logging.googleapis.com/trace", "trace"],
  ...["dd.trace_id", "otelTraceID", "trace-id", "X-B3-TraceId", "traceparent"],
];
// What the list leaves out because another column says it, or because it is told on request only: beside the line.
const QUIET = new Set([...TIMES, "level", "severity", "levelname", "caller", "source", "pid", "module", "lineno"]);
const MISSING = ["corvo.gap", "corvo.dropped", "corvo.truncated"];
const ZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$/i;

/** @param {LogRecord} record */
export const isMarker = (record) => record.level === "marker";

/** Whether a remark tells that lines are missing; others only tell how far the agent has read. @param {LogRecord} record */
export const isGap = (record) => isMarker(record) && MISSING.some((key) => key in record);

/** @param {string} module @param {LogRecord} record @returns {Entry} */
export function entryOf(module, record) {
  return {
    module,
    record,
    time: timeOf(record),
    level: WORDS[wordOf(record).toLowerCase()] ?? -1,
    gap: isMarker(record),
  };
}

/** The word for the level, as the line has it or, where it writes another thing, as the agent reads it. @param {LogRecord} record */
export const wordOf = (record) => record["corvo.level"] || record.level || "";

/** The time that a record states with its zone, in milliseconds since the epoch, or NaN. @param {LogRecord} record */
export function timeOf(record) {
  for (const key of TIMES) {
    const text = record[key];
    if (!text) continue;
    const time = ZONED.test(text) ? Date.parse(text.replace(" ", "T")) : epoch(Number(text));
    if (!Number.isNaN(time)) return time;
  }
  return NaN;
}

/** The same as RFC 3339, as fine as the record has it; "" without one. @param {LogRecord} record */
export function stampOf(record) {
  const time = timeOf(record);
  if (Number.isNaN(time)) return "";
  const same = (/** @type {string} */ key) =>
    /^\d{4}-\d\d-\d\dT.*(Z|:\d\d)$/.test(record[key] ?? "") && Date.parse(record[key]) === time;
  return record[TIMES.find(same) ?? ""] ?? new Date(time).toISOString();
}

/**
 * Seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by their size. As for agents, larger
 * numbers are no times: they would be none of a Date, either.
 * @param {number} number
 */
function epoch(number) {
  if (!(number > 1e8 && number < 1e19)) return NaN;
  const power = number < 1e11 ? 3 : number < 1e14 ? 0 : number < 1e17 ? -3 : -6;
  return number * 10 ** power;
}

/** The message: the first of its lines stands in the list. @param {LogRecord} record */
export function messageOf(record) {
  const key = MESSAGES.find((each) => record[each]);
  return key ? record[key] : "";
}

/** The stack trace, "" without one. @param {LogRecord} record */
export function stackOf(record) {
  const key = STACKS.find((each) => record[each]?.includes("\n"));
  return key ? record[key] : "";
}

/** The id of the trace that a line belongs to, "" without one. @param {LogRecord} record */
export function traceOf(record) {
  const key = TRACES.find((each) => record[each]);
  if (!key) return "";
  // W3C's traceparent: version, trace, span, flags. Google's: projects/NAME/traces/ID.
  const text = record[key];
  return key === "traceparent" ? (text.split("-")[1] ?? text) : (text.split("/").at(-1) ?? text);
}

/** The fields that the list shows behind the message. @param {LogRecord} record @returns {[string, string][]} */
export function fieldsOf(record) {
  const message = MESSAGES.find((each) => record[each]);
  const stack = STACKS.find((each) => record[each]?.includes("\n"));
  return Object.entries(record).filter(
    ([key]) => key !== message && key !== stack && !QUIET.has(key) && !key.startsWith("corvo."),
  );
}

/** The record as JSON, without what the agent has added. @param {Entry} entry */
export function jsonOf(entry) {
  const own = Object.entries(entry.record).filter(([key]) => !key.startsWith("corvo.raw"));
  return JSON.stringify({ "corvo.module": entry.module, ...Object.fromEntries(own) });
}

/** The record as one text, as `corvo logs` shows it. @param {Entry} entry */
export function textOf(entry) {
  const { record } = entry;
  const fields = fieldsOf(record).map(
    ([key, value]) => `${key}=${/[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
  );
  const time = Number.isNaN(entry.time) ? "" : new Date(entry.time).toISOString();
  const line = [time, wordOf(record).toUpperCase(), entry.module, messageOf(record), ...fields]
    .filter(Boolean)
    .join(" ");
  const stack = stackOf(record);
  return stack ? `${line}\n${stack.trimEnd()}` : line;
}
