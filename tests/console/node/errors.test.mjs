// Errors by kind, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kinds, linesOf, piece } from "../../../corvo_agent/console/errors/kinds.js";
import { changeOf, whoOf } from "../../../corvo_agent/console/shell/entries.js";

const group = (count, first, last, more = {}) => ({
  ...{ count, exception: "TimeoutError", frame: "pay (shop.py:7)", message: "order <n> is late", first, last },
  ...{ newest: { msg: `order of ${last}` }, ...more },
});
const answer = (module, groups, more = {}) => ({ module, errors: 5, others: 0, groups, remarks: [], ...more });

test("a kind of several modules is one, with the first and the last of all", () => {
  const kinds = new Kinds();
  kinds.add(answer("a", [group(2, "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"), group(3, null, null, { frame: "other" })]));
  kinds.add(answer("b", [group(4, "2026-01-01T09:00:00Z", "2026-01-01T12:00:00Z")], { others: 1, remarks: ["cut"] }));
  const [most, other] = kinds.matching("");
  assert.deepEqual([most.count, most.modules, most.first], [6, ["a", "b"], "2026-01-01T09:00:00Z"]);
  assert.equal(most.newest.msg, "order of 2026-01-01T12:00:00Z");
  assert.deepEqual([other.count, other.first], [3, null]);
  assert.deepEqual([kinds.errors, kinds.others, kinds.remarks], [10, 1, ["b: cut"]]);
  assert.deepEqual(kinds.matching("OTHER").map((kind) => kind.count), [3]);
});

test("lines of a kind are found by what is not folded and not written in another way", () => {
  assert.equal(piece("order <n> is late"), "is late");
  assert.equal(piece('no "quoted" part <id>'), "quoted");
  assert.equal(piece("<n>…"), "");
  const kind = { ...group(1, "2026-01-01T10:00:00Z", null), modules: ["a", "b"] };
  assert.equal(linesOf(kind, "1h"), "#/logs?names=a%2Cb&level=error&since=2026-01-01T10%3A00%3A00Z&fixed=is+late");
  assert.match(linesOf({ ...kind, first: null, message: "<n>" }, "1h"), /since=1h&fixed=TimeoutError$/);
});

test("what was done is told in few words", () => {
  assert.equal(changeOf({ time: "", what: "level", logger: "db", "level-from": "Info", "level-to": "Debug" }), "db, Info → Debug");
  assert.equal(changeOf({ time: "", what: "debug", query: "Log", parameters: { level: "all" } }), "Log level=all");
  assert.equal(changeOf({ time: "", what: "change", change: { labels: { a: "b" } }, count: 3 }), '{"labels":{"a":"b"}}, 3 times');
  assert.deepEqual([whoOf({ who: "ada" }), whoOf({ seen: true }), whoOf({})], ["ada", "seen in etcd", "unknown"]);
});
