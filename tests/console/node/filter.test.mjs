import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../../corvo_agent/console/fleet/filter.js";
import { row } from "./rows.mjs";

const ROWS = [
  row({ name: "node1-pay", node: "node1", service: "pay", labels: { team: "shop", tier: "1" }, errors: 3 }),
  row({ name: "node2-mail", node: "node2", service: "mail", status: "silent", labels: { team: "net", canary: "", node: "a" } }),
  row({ name: "Node3-PAY", node: "node3", service: "pay", labels: { tier: "x" }, errors: 0, "in-force": false }),
];

/** @param {string} text */
const shown = (text) => ROWS.filter(parseFilter(text)).map((each) => each.node.slice(-1)).join("");

for (const [text, expected] of [
  ["", "123"],
  ["pay", "13"],
  ["canary", "2"],
  ["team=shop", "1"],
  ["team==SHOP", "1"],
  ["team!=shop", "2"],
  ["team notin (shop)", "2"],
  ["team in (shop, net)", "12"],
  ["!team", "3"],
  ["! canary, pay", "13"],
  ["status!=live", "2"],
  ["node in (node1,node3),service=pay", "13"],
  ["status.node=node2", "2"],
  ["labels[node]=a", "2"],
  ["meta.labels[team]=shop", "1"],
  ["errors>0", "1"],
  ["errors>=0", "13"],
  ["errors<1", "3"],
  ["tier>0", "1"],
  ["tier<=1", "1"],
  ["spec.log-level=INFO", "123"],
  ["in-force=no", "3"],
  [" , ", "123"],
]) {
  test(`${text} lets through ${expected}`, () => assert.equal(shown(text), expected));
}

for (const [text, told] of [
  ["team=shop,(", "“(” is no condition"],
  ["errors>many", "compares with a number"],
  ["=shop", "is no condition"],
]) {
  test(`${text} is told: ${told}`, () => assert.throws(() => parseFilter(text), (error) => error.message.includes(told)));
}
