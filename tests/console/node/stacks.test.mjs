// Stacks searched and told, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asText, factsOf, matching, placeOf, sizeOf, titleOf } from "../../../corvo_agent/console/stacks/model.js";

const frame = (name, line = 1) => ({ function: name, file: "/srv/shop.py", line });
const stack = (names, more = {}) => ({
  ...{ kind: "task", names, count: names.length, state: "waiting", thread: "MainThread", "waits-for": [], chain: [] },
  ...{ age: null, "age-is-least": false, created: "", frames: [frame("get"), frame("run")] },
  ...more,
});
const workers = stack(["worker-2", "worker-9", "worker-10", "a", "b", "c", "d"], { "waits-for": ["Queue.get"], age: 12.4 });
const transfer = stack(["transfer-a"], { chain: ["transfer-b", "transfer-a"], age: 3, "age-is-least": true, frames: [frame("transfer", 7)] });
const pool = stack([], { kind: "thread", count: 8, state: "idle" });

test("what stands at one place is told as one, with what it waits for", () => {
  assert.equal(titleOf(workers), "7 × worker-2, worker-9, worker-10, a, b and 2 more");
  assert.equal(titleOf(pool), "8 × thread");
  assert.equal(factsOf(workers), "waiting · waits for Queue.get · for 12 s");
  assert.equal(factsOf(transfer), "waiting · waits for transfer-b → transfer-a · for over 3.0 s");
  assert.equal(sizeOf([workers, transfer, pool]), 16);
  assert.equal(placeOf({ function: "[deeper frames left out]", file: "", line: 0 }), "[deeper frames left out]");
});

test("a text is looked for in names, frames and what is waited for", () => {
  const found = (text) => matching([workers, transfer, pool], text).map((each) => each.names[0]);
  assert.deepEqual(found("WORKER-9"), ["worker-2"]);
  assert.deepEqual(found("transfer-b"), ["transfer-a"]);
  assert.deepEqual(found("shop.py:7"), ["transfer-a"]);
  assert.equal(found(" ").length, 3);
});

test("the text has everything", () => {
  const text = asText(["node1-shop", "deadlock: a waits for b waits for a"], [["Tasks: 1", [transfer]]]);
  assert.deepEqual(text.split("\n"), [
    ...["node1-shop", "deadlock: a waits for b waits for a", "", "Tasks: 1"],
    ...["  transfer-a  (waiting · waits for transfer-b → transfer-a · for over 3.0 s)", "      transfer  /srv/shop.py:7", ""],
  ]);
});
