// What was done, as histories and the audit tell it: when, by whom, what to what.

import { clock, cut, moment } from "./format.js";

/**
 * @typedef {{time: string, what: string, module?: string, who?: string, by?: string, from?: string, logger?: string,
 *   "level-from"?: string, "level-to"?: string, until?: string, reason?: string, change?: unknown, seen?: boolean,
 *   query?: string, parameters?: Record<string, string>, result?: string, count?: number}} Entry
 */

// Letters of a change that are shown in its row.
const LONGEST = 120;

/** Month, day and time of day. @param {Entry} entry */
export const whenOf = ({ time }) => clock(time, true).slice(5, 19);

/** @param {Entry} entry */
export const whoOf = ({ who, seen }) => who || (seen ? "seen in etcd" : "unknown");

/** What became of what, for how long. @param {Entry} entry */
export function changeOf({ logger, until, change, query, parameters, count, ...rest }) {
  const levels = [rest["level-from"], rest["level-to"]].filter(Boolean).join(" → ");
  const ends = until ? `until ${moment(until)}` : "";
  const asked = Object.entries(parameters ?? {}).map(([key, value]) => `${key}=${value}`);
  const json = change ? JSON.stringify(change) : "";
  const times = count && count > 1 ? `${count} times` : "";
  const said = [logger, levels, ends, json, [query, ...asked].filter(Boolean).join(" "), times];
  return cut(said.filter(Boolean).join(", "), LONGEST);
}
