import assert from "node:assert/strict";
import { test } from "node:test";
import { Fleet, isTrouble, ORDERS } from "../../../corvo_agent/console/fleet/rows.js";
import { row } from "./rows.mjs";

const all = () => true;
const names = (/** @type {any[]} */ items) => items.map((each) => each.name ?? `[${each.group} ${each.count} ${each.errors} ${each.trouble}]`).join(" ");

/** @param {...any} rows */
function fleet(...rows) {
  const made = new Fleet();
  made.take({ type: "opened" });
  for (const each of rows) made.take({ type: "row", object: row(each) });
  made.take({ type: "listed" });
  return made;
}

test("rows come by name, and others in their order, equal ones by name", () => {
  const made = fleet({ name: "c", errors: 2 }, { name: "a" }, { name: "b", errors: 2 }, { name: "d", status: "frozen" });
  assert.equal(names(made.shown(all, "name", "")), "a b c d");
  assert.equal(names(made.shown(all, "errors", "")), "b c a d");
  assert.equal(names(made.shown(all, "status", "")), "d a b c");
  assert.equal(names(made.shown((each) => each.errors === 2, "name", "")), "b c");
  for (const order of Object.keys(ORDERS)) assert.equal(made.shown(all, order, "").length, 4);
});

test("groups have a heading with what there is to look at", () => {
  const made = fleet({ name: "a", node: "n2", errors: 1 }, { name: "b", node: "n1", status: "silent" }, { name: "c", labels: { team: "x" } });
  assert.equal(names(made.shown(all, "name", "node")), "[n1 1 0 1] b [n2 1 1 0] a [none 1 0 0] c");
  assert.equal(names(made.shown(all, "name", "team")), "[none 2 1 1] a b [x 1 0 0] c");
});

test("what a new stream does not list any more has gone", () => {
  const made = fleet({ name: "a" }, { name: "b" });
  made.take({ type: "opened" });
  made.take({ type: "row", object: row({ name: "b", restarts: 1 }) });
  assert.equal(names(made.shown(all, "name", "")), "a b", "until it is listed, what was known stays");
  made.take({ type: "listed" });
  assert.equal(names(made.shown(all, "name", "")), "b");
  made.take({ type: "row", object: row({ name: "c" }) });
  made.take({ type: "gone", name: "b" });
  assert.equal(names(made.shown(all, "name", "")), "c");
});

test("what was measured stays when the stream tells of a row anew", () => {
  const made = fleet({ name: "a" });
  made.measure([row({ name: "a", errors: 5, asked: "2026-01-01T00:00:00Z" }), row({ name: "gone" })]);
  made.take({ type: "row", object: row({ name: "a", restarts: 1 }) });
  const [found] = made.shown(all, "name", "");
  assert.deepEqual([found.errors, found.restarts, made.rows.size], [5, 1, 1]);
});

test("trouble is what does not answer, or follows another level", () => {
  const cases = [{}, { status: "frozen" }, { reachable: false }, { "in-force": false }].map((each) => isTrouble(row(each)));
  assert.deepEqual(cases, [false, true, true, true]);
});
