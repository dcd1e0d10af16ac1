// pprof's profiles (google/pprof, proto/profile.proto) for the flame graph: gunzipped by the browser, decoded here.
// corvo_agent/profiles/pprof and corvo_agent/cli/profiles/flame/data.py do the same in Python; tests hold them equal.

import { visible } from "../shell/dom.js";

/**
 * Stacks are numbers of functions, the leaf first; labels are those with texts.
 * @typedef {{types: [string, string][], preferred: string, functions: [string, string][], stacks: Int32Array[],
 *   values: number[][], comments: string[], seconds: number}} Profile
 */

const LARGEST = 64 << 20;
const DEEPEST = 1000;
const DEEPER = "[deeper frames left out]";
const texts = new TextDecoder("utf-8", { fatal: true });

/** What is wrong with a profile that cannot be read. */
export class ProfileError extends Error {}

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} */
export async function gunzip(data) {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  const reader = new Blob([/** @type {BlobPart} */ (data)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    size += next.value.length;
    // A small file may unpack to gigabytes.
    if (size > LARGEST) {
      await reader.cancel();
      throw new ProfileError("the profile is larger than 64 MB: open it by go tool pprof");
    }
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The fields of one message, one after the other. */
class Fields {
  field = 0;
  kind = 0;
  number = 0;
  #at;
  #from = 0;

  /** @param {Uint8Array} data @param {number} from @param {number} end */
  constructor(data, from, end) {
    this.data = data;
    this.#at = from;
    this.end = end;
  }

  /** Whether there is another one, which is then the current one. */
  next() {
    if (this.#at >= this.end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.kind = tag % 8;
    if (this.kind === 0) this.number = this.#varint();
    else {
      const length = this.kind === 2 ? this.#varint() : this.kind === 1 ? 8 : this.kind === 5 ? 4 : -1;
      if (length < 0 || this.#at + length > this.end)
        throw new ProfileError("no pprof profile: a field without its end");
      this.#from = this.#at;
      this.#at += length;
    }
    return true;
  }

  // int64: beyond 2^53 the last digits are not kept, which no picture shows.
  #varint() {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.end) break;
      const byte = this.data[this.#at++];
      if (shift < 28) low |= (byte & 127) << shift;
      else high += (byte & 127) * 2 ** (shift - 28);
      if (byte < 128) {
        const number = low + high * 2 ** 28;
        return number >= 2 ** 63 ? -Number(BigInt.asUintN(64, ~exact(low, high) + 1n)) : number;
      }
    }
    throw new ProfileError("no pprof profile: a number without its end");
  }

  message() {
    if (this.kind !== 2) throw new ProfileError(`no pprof profile: field ${this.field} is no message`);
    return new Fields(this.data, this.#from, this.#at);
  }

  text() {
    if (this.kind !== 2) throw new ProfileError(`no pprof profile: field ${this.field} is no text`);
    return texts.decode(this.data.subarray(this.#from, this.#at));
  }

  /** The numbers of a repeated field: one by itself, or many packed. @param {number[]} into */
  numbers(into) {
    if (this.kind === 0) into.push(this.number);
    else {
      const packed = this.message();
      while (packed.#at < packed.end) into.push(packed.#varint());
    }
  }
}

/** @param {number} low @param {number} high */
const exact = (low, high) => BigInt(low) + BigInt(high) * 268435456n;

/** The numbers of a message by field. @param {Fields} message */
function numbersOf(message) {
  /** @type {Record<number, number>} */
  const found = {};
  while (message.next()) if (message.kind === 0) found[message.field] = message.number;
  return found;
}

/** @param {Uint8Array} data gunzipped @returns {Profile} raises ProfileError */
export function decode(data) {
  /** @type {string[]} */
  const table = [];
  /** @type {Record<number, Fields[]>} */
  const parts = { 1: [], 2: [], 4: [], 5: [] };
  /** @type {number[]} */
  const comments = [];
  let preferred = 0;
  let duration = 0;
  const whole = new Fields(data, 0, data.length);
  // The tables may stand behind what refers to them.
  while (whole.next()) {
    if (whole.field === 6) table.push(whole.text());
    else if (whole.field in parts) parts[whole.field].push(whole.message());
    else if (whole.field === 10) duration = whole.number;
    else if (whole.field === 13) whole.numbers(comments);
    else if (whole.field === 14) preferred = whole.number;
  }
  const text = (/** @type {number} */ index) => {
    if (!(index in table)) throw new ProfileError(`no pprof profile: text ${index} of ${table.length}`);
    return table[index];
  };
  const types = parts[1]
    .map(numbersOf)
    .map((type) => /** @type {[string, string]} */ ([text(type[1] ?? 0), text(type[2] ?? 0)]));
  if (!types.length) throw new ProfileError("no pprof profile: it measures nothing");
  const { functions, locations } = placesOf(parts[5], parts[4], text);
  /** @type {Int32Array[]} */
  const stacks = [];
  /** @type {number[][]} */
  const values = [];
  for (const message of parts[2]) {
    /** @type {number[]} */
    const at = [];
    /** @type {number[]} */
    const measured = [];
    while (message.next()) {
      if (message.field === 1) message.numbers(at);
      else if (message.field === 2) message.numbers(measured);
    }
    if (measured.length !== types.length)
      throw new ProfileError("no pprof profile: a sample with other values than its types");
    stacks.push(Int32Array.from(at.flatMap((id) => locations.get(id) ?? missing(id))));
    values.push(measured);
  }
  return {
    types,
    preferred: text(preferred),
    functions,
    stacks,
    values,
    comments: comments.map(text),
    seconds: duration / 1e9,
  };
}

/** @param {number} id @returns {never} */
function missing(id) {
  throw new ProfileError(`no pprof profile: a place ${id} that there is not`);
}

/**
 * The functions by name and file, and those of each location: several where one was inlined in another.
 * @param {Fields[]} functions
 * @param {Fields[]} locations
 * @param {(index: number) => string} text
 */
function placesOf(functions, locations, text) {
  /** @type {[string, string][]} */
  const names = [];
  /** @type {Map<string, number>} */
  const known = new Map();
  /** @type {Map<number, number>} */
  const ids = new Map();
  for (const each of functions.map(numbersOf)) {
    const pair = /** @type {[string, string]} */ ([text(each[2] ?? 0), text(each[4] ?? 0)]);
    const key = pair.join("\n");
    const number = known.get(key) ?? names.push(pair) - 1;
    known.set(key, number);
    ids.set(each[1], number);
  }
  /** @type {Map<number, number[]>} */
  const found = new Map();
  for (const message of locations) {
    let id = 0;
    /** @type {number[]} */
    const lines = [];
    while (message.next()) {
      if (message.field === 1) id = message.number;
      else if (message.field === 4) {
        const called = numbersOf(message.message())[1];
        lines.push(ids.get(called) ?? missing(called));
      }
    }
    found.set(id, lines);
  }
  return { functions: names, locations: found };
}

/** @typedef {{value: number, before: number, called: Map<string, Call>, fn: [string, string]}} Call */

/**
 * A profile as the tree that flame/tree.js lays out, compared with an earlier one if given.
 * @param {Profile} now
 * @param {string} title
 * @param {{type?: string, before?: Profile}} [options] ``type``: which of its values; the profile's own choice unless given
 * @returns {import("../flame/tree.js").FlameData} raises ProfileError
 */
export function flameData(now, title, { type, before } = {}) {
  const wanted = type || now.preferred || now.types[now.types.length - 1][0];
  const root = call(["", ""]);
  const add = (/** @type {Profile} */ profile, /** @type {"value" | "before"} */ what) => {
    const column = profile.types.findIndex(([name]) => name === wanted);
    if (column < 0) throw new ProfileError(`${wanted} is not in this profile`);
    for (const [sample, stack] of profile.stacks.entries()) {
      addStack(root, profile.functions, stack, Math.abs(profile.values[sample][column]), what);
    }
  };
  add(now, "value");
  if (before) add(before, "before");
  /** @type {[string, string][]} */
  const functions = [];
  /** @type {Map<string, number>} */
  const numbers = new Map();
  /** @type {[number, number, number, number][]} */
  const nodes = [];
  /** @type {[number, number, Call][]} */
  const waiting = [[-1, -1, root]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [parent, fn, each] = next;
    const node = nodes.push([parent, fn, each.value, each.before]) - 1;
    for (const [key, called] of [...each.called].sort(([a], [b]) => (a < b ? 1 : -1))) {
      const number = numbers.get(key) ?? functions.push([visible(called.fn[0]), visible(called.fn[1])]) - 1;
      numbers.set(key, number);
      waiting.push([node, number, called]);
    }
  }
  const unit = now.types.find(([name]) => name === wanted)?.[1] ?? "";
  return { title, type: wanted, unit, diff: Boolean(before), functions, nodes };
}

/** @param {[string, string]} fn @returns {Call} */
const call = (fn) => ({ value: 0, before: 0, called: new Map(), fn });

/**
 * @param {Call} root
 * @param {[string, string][]} functions
 * @param {Int32Array} stack
 * @param {number} value
 * @param {"value" | "before"} what
 */
function addStack(root, functions, stack, value, what) {
  // No sample, no call: as in Python, where a value of 0 is no measurement.
  if (!value) return;
  let at = root;
  at[what] += value;
  const step = (/** @type {[string, string]} */ fn) => {
    const key = fn.join("\u0000");
    let found = at.called.get(key);
    if (!found) at.called.set(key, (found = call(fn)));
    found[what] += value;
    at = found;
  };
  const innermost = Math.max(0, stack.length - DEEPEST);
  for (let depth = stack.length - 1; depth >= innermost; depth--) step(functions[stack[depth]]);
  if (innermost) step([DEEPER, ""]);
}
