// Stacks folded, searched and told, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asText, folded, matching, titleOf, waiting } from "../../../corvo_agent/console/stacks/model.js";

const frame = (name, line = 1) => ({ function: name, file: "/srv/shop.py", line });
const stacks = [
  ...[10, 9, 2].map((number) => ({ name: `worker-${number}`, state: "waiting", "waits-for": ["Queue.get"], age: number, frames: [frame("get"), frame("run")] })),
  { name: "worker-1", state: "waiting", "waits-for": ["Queue.get"], age: 1, frames: [frame("get"), frame("run", 2)] },
  { name: "pool", state: "idle", count: 8, frames: [frame("wait")] },
  { name: "", frames: [] },
  { name: "transfer-a", state: "waiting", "waits-for": "transfer-b", frames: [frame("transfer")], chain: ["transfer-b", { name: "transfer-a" }] },
];

test("stacks at one place are one group, names in the order of their numbers, the oldest age", () => {
  const groups = folded(stacks);
  assert.deepEqual(groups.map((group) => [titleOf(group), group.age]), [
    ["8 × pool", 0],
    ["3 × worker-2, worker-9, worker-10", 10],
    ["unnamed", 0],
    ["transfer-a", 0],
    ["worker-1", 1],
  ]);
  assert.equal(groups.reduce((sum, group) => sum + group.count, 0), 14);
  assert.equal(waiting(groups[3]), "waits for transfer-b → transfer-a");
});

test("a text is looked for in names, frames and what is waited for", () => {
  const groups = folded(stacks);
  const found = (text) => matching(groups, text).map((group) => group.names[0]);
  assert.deepEqual(found("WORKER-9"), ["worker-2"]);
  assert.deepEqual(found("queue.get"), ["worker-2", "worker-1"]);
  assert.deepEqual(found("shop.py:2"), ["worker-1"]);
  assert.equal(found(" ").length, groups.length);
});

test("the text has everything, deadlocks first", () => {
  const text = asText("node1-shop", ["deadlock: a waits for b waits for a"], [["Tasks: 3", folded(stacks.slice(0, 3))]]);
  assert.deepEqual(text.split("\n").slice(0, 6), [
    "node1-shop",
    "deadlock: a waits for b waits for a",
    "",
    "Tasks: 3",
    "  3 × worker-2, worker-9, worker-10  [waiting]  waits for Queue.get  10.0 s",
    "      get  /srv/shop.py:1",
  ]);
});
