import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../../../corvo_agent/console/module/charts.js";
import { visible } from "../../../corvo_agent/console/shell/dom.js";
import { heard, now } from "../../../corvo_agent/console/shell/clock.js";
import { age, bytes, clock, count, cut, moment, seconds, since, span } from "../../../corvo_agent/console/shell/format.js";
import { fragment, readRoute } from "../../../corvo_agent/console/shell/router.js";

test("numbers, ages and sizes are told in few letters", () => {
  assert.deepEqual([0, 59.9, 200, 14700, 1047600, -3].map(age), ["0s", "59s", "3m20s", "4h05m", "12d03h", "0s"]);
  assert.deepEqual([0, 999, 61865984, 1e9, 5e12].map(bytes), ["0B", "999B", "59.0MB", "954MB", "4.55TB"]);
  assert.deepEqual([0.00018, 0.0021, 0.042, 1.25, 12].map(span), ["180us", "2.1ms", "42ms", "1.25s", "12s"]);
  assert.deepEqual(["10m", "1h30m", "90s", "1.5h", "", "x", "10", "5m!"].map(seconds), [600, 5400, 90, 5400, NaN, NaN, NaN, NaN]);
  assert.equal(count(1234567), "1,234,567");
  assert.match(clock("2026-01-02T03:04:05.678Z", true), /^2026-01-0\d \d\d:\d4:05\.678$/);
  assert.equal(clock("never"), "never");
});

test("times of another day say which, by the clock of the gateway", (context) => {
  const noon = Date.UTC(2026, 10, 27, 12);
  const at = (/** @type {number} */ hours) => new Date(noon + hours * 3_600_000).toISOString();
  context.mock.timers.enable({ apis: ["Date"], now: noon });
  assert.match(moment(at(0)), /^\d\d:\d\d:00$/);
  assert.match(moment(at(-48)), /^11-2[456] \d\d:\d\d:00$/);
  assert.equal(moment("never"), "never");
  // Answers are under way for a while, and tell whole seconds.
  heard(new Date(noon - 1000).toUTCString());
  assert.equal(now(), noon);
  for (const nothing of [null, "", "soon"]) heard(nothing);
  heard(new Date(noon - 48 * 3_600_000).toUTCString());
  assert.equal(since(at(-49)), 3600.5);
  assert.match(moment(at(-48)), /^\d\d:\d\d:00$/);
  heard(new Date(noon).toUTCString());
  assert.equal(Math.abs(now() - noon) <= 500, true);
});

test("what is cut says how long it was", () => {
  assert.deepEqual([cut("short", 5), cut("a".repeat(2000), 3)], ["short", "aaa… 2,000 letters"]);
});

test("a fragment leads back to its route, whatever the name is", () => {
  for (const name of ["node1-pay", "a/b", "ü?&=#%", "<b>"]) {
    const route = readRoute(fragment("module", name, { filter: "team in (a,b)", empty: "" }));
    assert.deepEqual([route.screen, route.name, [...route.params]], ["module", name, [["filter", "team in (a,b)"]]]);
  }
  assert.equal(readRoute("").screen, "fleet");
  assert.equal(readRoute("#/module/%E0%A4%A").name, "%E0%A4%A");
});

test("what cannot be seen is shown by its number", () => {
  assert.equal(visible("a\u202eb\u0000c\td\ne\u001b[31m\u2066"), "a\\u202eb\\u0000c\td\ne\\u001b[31m\\u2066");
});

test("a line of a chart ends where nothing was measured", () => {
  const at = (/** @type {number} */ second, /** @type {any} */ cpu) => ({ time: new Date(second * 1000).toISOString(), cpu });
  const found = pieces([at(0, 1), at(10, 2), at(20, null), at(60, 3)], "cpu", 10);
  assert.deepEqual(found.map((line) => line.map((point) => point.value)), [[1, 2], [3]]);
  assert.deepEqual(pieces([], "cpu", 10), []);
});
