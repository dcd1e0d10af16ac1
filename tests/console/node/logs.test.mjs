// The parts of the Logs screen that know no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filtered, finder } from "../../../corvo_agent/console/logs/filter.js";
import { brushed, Histogram } from "../../../corvo_agent/console/logs/histogram.js";
import { jsonRows, pathKey } from "../../../corvo_agent/console/logs/json.js";
import { condition, decode, encode, told } from "../../../corvo_agent/console/logs/link.js";
import { Merger } from "../../../corvo_agent/console/logs/merge.js";
import * as records from "../../../corvo_agent/console/logs/record.js";
import { Repeats } from "../../../corvo_agent/console/logs/repeats.js";
import { LogRing } from "../../../corvo_agent/console/logs/ring.js";
import { Rows, wrapped } from "../../../corvo_agent/console/logs/rows.js";

const entry = (record, module = "m") => records.entryOf(module, record);
const at = (seconds, msg, module) => entry({ ts: new Date(seconds * 1000).toISOString(), level: "info", msg }, module);

/** Random numbers that are the same in every run. */
function randoms(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("a ring keeps the newest lines under their numbers", () => {
  const ring = new LogRing(3);
  const numbers = [1, 2, 3, 4, 5].map((second) => ring.push(at(second, `line ${second}`)));
  assert.deepEqual(numbers, [0, 1, 2, 3, 4]);
  assert.deepEqual([ring.first, ring.end, ring.size], [2, 5, 3]);
  assert.equal(ring.get(1), undefined);
  assert.equal(ring.get(2)?.record.msg, "line 3");
  assert.equal(ring.get(5), undefined);
});

test("a ring gives up old lines for long ones, and tells each", () => {
  const ring = new LogRing(100, 1000);
  for (let second = 0; second < 5; second++) ring.push(at(second, "x".repeat(150)));
  const gone = [];
  ring.push(at(5, "y".repeat(500)), ({ record }) => gone.push(record.ts));
  assert.deepEqual([gone.length, ring.size, ring.get(ring.end - 1)?.record.msg.length], [3, 3, 500]);
  assert.equal(gone[0], "1970-01-01T00:00:00.000Z");
  // One that is too long by itself is there all the same.
  ring.push(at(6, "z".repeat(5000)));
  assert.deepEqual([ring.size, ring.get(ring.first)?.record.msg[0]], [1, "z"]);
  ring.push(at(7, "short"));
  assert.deepEqual([ring.size, ring.entries.filter(Boolean).length], [1, 1]);
});

test("times, levels, messages and traces are read in several dialects", () => {
  assert.equal(records.timeOf({ ts: "2026-11-24T08:00:00.250Z" }), Date.UTC(2026, 10, 24, 8, 0, 0, 250));
  assert.equal(records.timeOf({ time: "2026-11-24 08:00:00,250", "@timestamp": "2026-11-24T07:00:00.250Z" }), Date.UTC(2026, 10, 24, 7, 0, 0, 250));
  for (const ts of ["1795507200", "1795507200000", "1795507200000000", "1795507200000000000"]) {
    assert.equal(records.timeOf({ ts }), 1795507200000);
  }
  // What is a number, and no time of any calendar.
  for (const ts of ["Infinity", "1e25", "1e400", "10000000000000000000"]) assert.ok(Number.isNaN(records.timeOf({ ts })), ts);
  assert.ok(Number.isNaN(records.timeOf({ msg: "raw" })));
  assert.equal(entry({ level: "50", "corvo.level": "error" }).level, records.LEVELS.indexOf("error"));
  assert.equal(entry({ level: "CRITICAL" }).level, records.LEVELS.indexOf("fatal"));
  assert.equal(entry({ level: "odd" }).level, -1);
  assert.equal(records.traceOf({ traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }), "4bf92f3577b34da6a3ce929d0e0e4736");
  assert.deepEqual(records.fieldsOf({ ts: "1", level: "info", msg: "m", status: "500", "corvo.cut": "9" }), [["status", "500"]]);
  const line = entry({ ts: "2026-11-24T08:00:00Z", level: "error", message: "failed", path: "a b", stack: "E\n  at f" });
  assert.equal(records.textOf(line), '2026-11-24T08:00:00.000Z ERROR m failed path="a b"\nE\n  at f');
});

test("a gap is told from a remark that only says how far the agent has read", () => {
  assert.ok(records.isGap({ level: "marker", "corvo.dropped": "12" }));
  assert.ok(!records.isGap({ level: "marker", "corvo.cursor": "x" }));
  assert.ok(!records.isGap({ level: "info", "corvo.gap": "said by a line" }));
});

test("a text is found in slices, and the newest lines first", () => {
  const ring = new LogRing(10_000);
  for (let number = 0; number < 12_000; number++) ring.push(at(number, number % 3 ? "other" : "Wanted"));
  const passes = finder(" wanted ");
  assert.ok(passes);
  let clock = 0;
  const work = filtered(ring, passes, () => (clock += 1), 2);
  let slices = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) slices++;
  assert.ok(slices > 10);
  const expected = [];
  for (let number = ring.first; number < ring.end; number++) if (number % 3 === 0) expected.push(number);
  assert.deepEqual(step.value, expected);
  assert.equal(finder("  "), undefined);
  assert.ok(passes(entry({ level: "marker", "corvo.gap": "vanished" })));
});

test("rows stand where the sum of the heights before them is, whatever is added, dropped and resized", () => {
  const random = randoms(7);
  const rows = new Rows();
  let model = [];
  let number = 0;
  for (let step = 0; step < 6000; step++) {
    const chosen = random(10);
    if (chosen < 7) {
      const height = 20 * (1 + random(5));
      number += 1 + random(3);
      rows.push(number, height);
      model.push([number, height]);
    } else if (chosen < 9 && model.length) {
      const first = model[Math.min(model.length - 1, random(4))][0];
      const gone = model.filter(([each]) => each < first);
      model = model.filter(([each]) => each >= first);
      assert.equal(rows.dropBefore(first), gone.reduce((sum, [, height]) => sum + height, 0));
    } else if (model.length) {
      const row = random(model.length);
      model[row][1] = 20 * (1 + random(8));
      rows.resize(row, model[row][1]);
    }
  }
  assert.equal(rows.size, model.length);
  let top = 0;
  model.forEach(([each, height], row) => {
    assert.equal(rows.number(row), each);
    assert.equal(rows.rowOf(each), row);
    assert.equal(rows.top(row), top);
    assert.equal(rows.at(top), row);
    assert.equal(rows.at(top + height - 1), row);
    top += height;
  });
  assert.equal(rows.height, top);
  assert.equal(rows.rowOf(number + 1), rows.size);
});

test("the heights of wrapped lines are counted, and odd letters are not sure", () => {
  assert.deepEqual(wrapped("", 10), { rows: 1, sure: true });
  assert.deepEqual(wrapped("0123456789", 10), { rows: 1, sure: true });
  assert.deepEqual(wrapped("0123456789a\n\nb", 10), { rows: 4, sure: true });
  // All rows but the first are indented: 10, then 6 letters each.
  assert.deepEqual(["0123456789", "0123456789a", "0123456789abcdefg", "0\n123456\n1234567"].map((text) => wrapped(text, 10, 4).rows), [1, 2, 3, 4]);
  assert.equal(wrapped("漢字", 10).sure, false);
  assert.equal(wrapped("a\tb", 10).sure, false);
});

test("lines of several modules come in the order of their times, those of one in their own", () => {
  const merger = new Merger(300);
  merger.add(at(5, "b1", "b"), 0);
  merger.add(at(3, "a1", "a"), 10);
  merger.add(entry({ msg: "below a1" }, "a"), 11);
  merger.add(at(2, "clock put back", "a"), 12);
  merger.add(at(9, "a2", "a"), 400);
  assert.deepEqual(merger.take(100), []);
  assert.deepEqual(merger.take(305).map(({ record }) => record.msg), ["a1", "below a1", "clock put back", "b1"]);
  assert.deepEqual(merger.flush().map(({ record }) => record.msg), ["a2"]);
});

test("no more lines wait than the merger may hold", () => {
  const merger = new Merger(300, 10);
  for (let second = 0; second < 25; second++) merger.add(at(second, `${second}`), 0);
  assert.equal(merger.take(0).length, 15);
  assert.equal(merger.size, 10);
});

test("a histogram counts each line once, in as many bars as fit", () => {
  const random = randoms(3);
  const histogram = new Histogram();
  const lines = Array.from({ length: 500 }, () => entry({ ts: `${1795507200 + random(5000)}`, level: ["debug", "info", "warn", "error"][random(4)] }));
  for (const each of lines) histogram.add(each);
  const { bars, step } = histogram.bars(60);
  assert.ok(bars.length <= 60 && bars.length > 30);
  assert.equal(step, 120);
  const sums = [0, 1, 2, 3].map((each) => bars.reduce((sum, bar) => sum + bar[each], 0));
  assert.deepEqual(sums, [1, 2, 3, 4].map((level) => lines.filter((line) => line.level === level).length));
  for (const each of lines) histogram.add(each, -1);
  assert.deepEqual(histogram.bars(60).bars, []);
});

test("a brush gives the span of its bars, in whichever direction it was drawn", () => {
  const span = { since: "2026-11-24T08:01:00Z", until: "2026-11-24T08:04:00Z" };
  const start = Date.UTC(2026, 10, 24, 8) / 1000;
  assert.deepEqual(brushed({ step: 60, start }, 1, 3), span);
  assert.deepEqual(brushed({ step: 60, start }, 3, 1), span);
});

test("a view and its link are the same", () => {
  const random = randoms(11);
  const pick = (...given) => given[random(given.length)];
  for (let round = 0; round < 300; round++) {
    const text = () => pick("a", "x y", "ü&=%#?+", "<img onerror=1>", "漢", "a=b>=c");
    const parameters = {};
    for (let count = random(4); count; count--) parameters[pick("level", "grep", "field.status>=", "field.a b!=", "since", "caller")] = text();
    const view = {
      names: [...new Set([pick("a", "b c"), "d é"])].slice(random(3)),
      selector: pick("", "node=1,!x"),
      parameters,
      find: pick("", text()),
      wrap: pick(true, false),
    };
    assert.deepEqual(decode(new URLSearchParams(encode(view))), view);
  }
  const given = new URLSearchParams("names=b,a,b&cursor=x&order=desc&level=warn&nonsense=1");
  assert.deepEqual(decode(given, "a"), { names: ["a", "b"], selector: "", parameters: { level: "warn" }, find: "", wrap: false });
});

test("conditions are read as the agent reads them, and told", () => {
  assert.deepEqual(condition("status>=500"), ["field.status>=", "500"]);
  assert.deepEqual(condition("msg!~time(d )?out"), ["field.msg!~", "time(d )?out"]);
  assert.deepEqual(condition("a=b>c"), ["field.a=", "b>c"]);
  assert.equal(condition("words"), undefined);
  assert.equal(told("field.status>=", "500"), "status >= 500");
  assert.equal(told("level", "warn"), "level: warn");
});

test("JSON in a value opens and closes, and has a bound", () => {
  const record = { msg: "m", http: '{"status":500,"headers":{"a":["x"]}}', broken: "{no" };
  assert.deepEqual(jsonRows(record, new Set()).map(({ key, text, open }) => [key, text, open]), [
    ["msg", "m", null],
    ["http", "{2}", false],
    ["broken", "{no", null],
  ]);
  const open = new Set([pathKey(["http"]), pathKey(["http", "headers"])]);
  const rows = jsonRows(record, open);
  assert.deepEqual(rows.map(({ field }) => field), ["msg", "http", "http.status", "http.headers", "http.headers.a", "broken"]);
  const inList = jsonRows({ list: '[{"a":1}]' }, new Set([pathKey(["list"]), pathKey(["list", "0"])]));
  assert.deepEqual(inList.map(({ path, field }) => [path.join("."), field]), [["list", "list"], ["list.0", ""], ["list.0.a", ""]]);
  const large = { list: JSON.stringify(Array.from({ length: 5000 }, (_, each) => each)) };
  const shown = jsonRows(large, new Set([pathKey(["list"])]));
  assert.equal(shown.length, 2001);
  assert.equal(shown.at(-1)?.text, "more than 2000 rows");
});

test("what agents have counted takes the place of the lines of that time, and stays when they leave the page", () => {
  const histogram = new Histogram();
  const lines = [950, 1005, 1050, 1100].map((second) => at(second, "line"));
  for (const each of lines) histogram.add(each);
  const counts = [{ time: new Date(1_000_000).toISOString(), levels: { info: 7, fatal: 1 } }];
  histogram.take({ counts, from: 1000, until: 1060, step: 30, unknown: "" });
  const sums = () => histogram.bars(99).bars.reduce((all, bar) => all.map((sum, each) => sum + bar[each]), [0, 0, 0, 0]);
  // The one before, the seven counted, the one after.
  assert.deepEqual(sums(), [0, 9, 0, 1]);
  assert.equal(histogram.bars(99).step, 30);
  for (const each of lines) histogram.add(each, -1);
  assert.deepEqual(sums(), [0, 8, 0, 1]);
  histogram.clear();
  assert.deepEqual(histogram.bars(99).bars, []);
});

test("what a stream that begins anew says again is told from what is new, up to the cursor", () => {
  const repeats = new Repeats();
  const came = (text) => text.split(" ").filter((msg) => repeats.isNew("m", { msg })).join(" ");
  assert.equal(came("a b"), "a b");
  repeats.reached("m");
  assert.equal(came("c d c"), "c d c");
  repeats.opened();
  // Lost again before all of it was said again.
  assert.equal(came("c"), "");
  repeats.opened();
  // As often as it came, and what was written meanwhile.
  assert.equal(came("c d c e c"), "e c");
  assert.ok(repeats.isNew("other", { msg: "d" }));
  repeats.reached("m");
  repeats.opened();
  assert.equal(came("c d"), "c d");
});
