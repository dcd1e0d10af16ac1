// Numbers, times and sizes as people read them, in as few letters as tell the same.

import { now } from "./clock.js";

const NUMBERS = new Intl.NumberFormat("en-US");

/** 1204 as 1,204. @param {number} value */
export function count(value) {
  return NUMBERS.format(value);
}

/** A text, or where it is longer its beginning and how long it is. @param {string} text @param {number} most letters */
export function cut(text, most) {
  return text.length > most ? `${text.slice(0, most)}… ${count(text.length)} letters` : text;
}

/** Seconds as 12s, 3m20s, 4h05m, 12d03h. @param {number} seconds */
export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d${two(Math.floor((whole % 86400) / 3600))}h`;
}

/** Seconds since an RFC 3339 time, NaN for none. @param {string | null | undefined} time @param {number} [at] milliseconds */
export function since(time, at = now()) {
  return time ? (at - Date.parse(time)) / 1000 : NaN;
}

/** A short span: 180us, 2.1ms, 1.25s. @param {number} seconds */
export function span(seconds) {
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)}us`;
  if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)}ms`;
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)}s`;
}

/** 61865984 as 59.0MB. @param {number} value */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let shown = value;
  while (shown >= 1000 && unit < units.length - 1) {
    shown /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? shown : shown.toFixed(shown < 10 ? 2 : shown < 100 ? 1 : 0)}${units[unit]}`;
}

/** The time of day of an RFC 3339 time in the zone of the browser: 13:04:05.123. @param {string} time @param {boolean} [date] */
export function clock(time, date = false) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const pad = (/** @type {number} */ value, /** @type {number} */ width) => String(value).padStart(width, "0");
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1, 2)}-${pad(at.getDate(), 2)} `;
  const of = `${pad(at.getHours(), 2)}:${pad(at.getMinutes(), 2)}:${pad(at.getSeconds(), 2)}`;
  return `${date ? day : ""}${of}.${pad(at.getMilliseconds(), 3)}`;
}

// The milliseconds between which it is today.
let [midnight, next] = [0, 0];

/** Whether it is today then, in the zone of the browser. @param {number} time milliseconds since the epoch */
export function isToday(time) {
  const at = now();
  if (at < midnight || at >= next) {
    const day = new Date(at);
    const start = (/** @type {number} */ later) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + later);
    [midnight, next] = [start(0).getTime(), start(1).getTime()];
  }
  return time >= midnight && time < next;
}

/** When it was, to the second: 13:04:05, and on another day than today 11-26 13:04:05. @param {string} time RFC 3339 */
export function moment(time) {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  return isToday(at) ? clock(time).slice(0, 8) : clock(time, true).slice(5, 19);
}

/** 10m, 1h30m, 90s as seconds, NaN for what is none. @param {string} text */
export function seconds(text) {
  const units = { s: 1, m: 60, h: 3600, d: 86400 };
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text)) return NaN;
  let found = 0;
  for (const [, value, unit] of text.matchAll(/([\d.]+)([smhd])/g)) {
    found += Number(value) * units[/** @type {keyof typeof units} */ (unit)];
  }
  return found;
}
