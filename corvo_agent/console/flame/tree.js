// Flame graphs as numbers: trees of calls, where their boxes lie, and what can be asked of them. Knows nothing of pages.
// corvo_agent/cli/profiles/flame/layout.py lays out the same boxes for pictures; tests hold the two equal.

/**
 * A tree of calls as corvo_agent/cli/profiles/flame/data.py describes it: a node is [parent, function, value, before].
 * @typedef {{title: string, type: string, unit: string, diff: boolean, functions: [string, string][],
 *   nodes: [number, number, number, number][]}} FlameData
 */

/**
 * @typedef {{function: number, own: number, total: number, before: number}} TopRow
 */

/** A tree with its boxes, in columns: a profile has tens of thousands of nodes. */
export class Tree {
  /** @param {FlameData} data */
  constructor(data) {
    this.data = data;
    this.size = data.nodes.length;
    this.parent = new Int32Array(this.size);
    this.fn = new Int32Array(this.size);
    this.value = new Float64Array(this.size);
    this.before = new Float64Array(this.size);
    this.depth = new Int32Array(this.size);
    this.left = new Float64Array(this.size);
    this.width = new Float64Array(this.size);
    data.nodes.forEach(([parent, fn, value, before], node) => {
      this.parent[node] = parent;
      this.fn[node] = fn;
      this.value[node] = value;
      this.before[node] = before;
    });
    this.#layOut();
    this.deepest = this.depth.reduce((most, depth) => Math.max(most, depth), 0);
    /** The nodes of each row, from left to right. @type {number[][]} */
    this.rows = Array.from({ length: this.deepest + 1 }, () => []);
    for (let node = 0; node < this.size; node++) this.rows[this.depth[node]].push(node);
    for (const row of this.rows) row.sort((a, b) => this.left[a] - this.left[b]);
  }

  #layOut() {
    const own = Float64Array.from(this.value);
    const ownBefore = Float64Array.from(this.before);
    for (let node = 1; node < this.size; node++) {
      own[this.parent[node]] -= this.value[node];
      ownBefore[this.parent[node]] -= this.before[node];
    }
    // In a comparison the larger of now and before counts, so that what is gone is seen as well as what is new.
    for (let node = 0; node < this.size; node++) {
      this.width[node] = this.data.diff ? Math.max(own[node], ownBefore[node]) : own[node];
    }
    for (let node = this.size - 1; node > 0; node--) this.width[this.parent[node]] += this.width[node];
    const free = new Float64Array(this.size);
    for (let node = 1; node < this.size; node++) {
      const parent = this.parent[node];
      this.depth[node] = this.depth[parent] + 1;
      this.left[node] = free[node] = free[parent];
      free[parent] += this.width[node];
    }
  }

  /** @param {number} node */
  name(node) {
    return this.fn[node] < 0 ? this.data.title : this.data.functions[this.fn[node]][0];
  }

  /** @param {number} node */
  file(node) {
    return this.fn[node] < 0 ? "" : this.data.functions[this.fn[node]][1];
  }

  /**
   * The box of a row that a position lies in, -1 for none.
   * @param {number} depth
   * @param {number} at in the unit of the profile
   */
  find(depth, at) {
    const row = this.rows[depth] ?? [];
    let low = 0;
    let high = row.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.left[row[middle]] <= at) low = middle + 1;
      else high = middle;
    }
    const node = row[low - 1];
    return node !== undefined && at < this.left[node] + this.width[node] ? node : -1;
  }

  /** The node called by ``node`` that is the widest, -1 for none. @param {number} node */
  widestCallee(node) {
    let widest = -1;
    for (const each of this.rows[this.depth[node] + 1] ?? []) {
      if (this.parent[each] === node && (widest < 0 || this.width[each] > this.width[widest])) widest = each;
    }
    return widest;
  }

  /** The next box of the same row in a direction, -1 for none. @param {number} node @param {1 | -1} step */
  beside(node, step) {
    const row = this.rows[this.depth[node]];
    return row[row.indexOf(node) + step] ?? -1;
  }

  /**
   * The functions whose names or files have a text in them, in any case; none for no text.
   * @param {string} text
   * @returns {Set<number>}
   */
  search(text) {
    const wanted = text.trim().toLowerCase();
    /** @type {Set<number>} */
    const found = new Set();
    if (!wanted) return found;
    this.data.functions.forEach(([name, file], fn) => {
      if (name.toLowerCase().includes(wanted) || file.toLowerCase().includes(wanted)) found.add(fn);
    });
    return found;
  }

  /** What the functions of a set took, with all that they called; what one called again counts once. @param {Set<number>} fns */
  valueOf(fns) {
    let sum = 0;
    const inside = new Uint8Array(this.size);
    for (let node = 0; node < this.size; node++) {
      const parent = this.parent[node];
      if (parent >= 0 && inside[parent]) inside[node] = 1;
      else if (fns.has(this.fn[node])) {
        inside[node] = 1;
        sum += this.value[node];
      }
    }
    return sum;
  }

  /** Every function with what it took itself and with all that it called, the highest own values first. */
  top() {
    /** @type {Map<number, TopRow>} */
    const rows = new Map();
    const own = Float64Array.from(this.value);
    for (let node = 1; node < this.size; node++) own[this.parent[node]] -= this.value[node];
    for (let node = 1; node < this.size; node++) {
      const fn = this.fn[node];
      let row = rows.get(fn);
      if (!row) rows.set(fn, (row = { function: fn, own: 0, total: 0, before: 0 }));
      row.own += own[node];
      if (!this.#isInside(node, fn)) {
        row.total += this.value[node];
        row.before += this.before[node];
      }
    }
    const name = (/** @type {TopRow} */ row) => this.data.functions[row.function][0];
    return [...rows.values()].sort((a, b) => b.own - a.own || b.total - a.total || (name(a) < name(b) ? -1 : 1));
  }

  /** Whether a function called itself on the way to a node. @param {number} node @param {number} fn */
  #isInside(node, fn) {
    for (let each = this.parent[node]; each >= 0; each = this.parent[each]) if (this.fn[each] === fn) return true;
    return false;
  }

  /** What a function called, from all places together: a tree whose whole is the function. @param {number} fn */
  callees(fn) {
    const root = call();
    for (let node = 0; node < this.size; node++) {
      if (this.fn[node] === fn && !this.#isInside(node, fn)) this.#addCallees(root, node);
    }
    return new Tree(asData(this.data, root, this.data.functions[fn][0]));
  }

  /** @param {Call} into @param {number} start */
  #addCallees(into, start) {
    const calls = new Map([[start, into]]);
    add(into, this.value[start], this.before[start]);
    // A node comes before what it calls, and all of that before its next sibling.
    for (let node = start + 1; node < this.size; node++) {
      const parent = calls.get(this.parent[node]);
      if (!parent) break;
      const called = callee(parent, this.fn[node]);
      add(called, this.value[node], this.before[node]);
      calls.set(node, called);
    }
  }

  /** Who called a function: a tree whose whole is the function, and that each caller stands below. @param {number} fn */
  callers(fn) {
    const root = call();
    for (let node = 0; node < this.size; node++) {
      if (this.fn[node] !== fn || this.#isInside(node, fn)) continue;
      let at = root;
      add(at, this.value[node], this.before[node]);
      for (let each = this.parent[node]; each > 0; each = this.parent[each]) {
        at = callee(at, this.fn[each]);
        add(at, this.value[node], this.before[node]);
      }
    }
    return new Tree(asData(this.data, root, this.data.functions[fn][0]));
  }
}

/** @typedef {{value: number, before: number, called: Map<number, Call>}} Call */

/** @returns {Call} */
function call() {
  return { value: 0, before: 0, called: new Map() };
}

/** @param {Call} into @param {number} value @param {number} before */
function add(into, value, before) {
  into.value += value;
  into.before += before;
}

/** @param {Call} of @param {number} fn */
function callee(of, fn) {
  let found = of.called.get(fn);
  if (!found) of.called.set(fn, (found = call()));
  return found;
}

/**
 * @param {FlameData} like
 * @param {Call} root
 * @param {string} title
 * @returns {FlameData}
 */
function asData(like, root, title) {
  /** @type {[number, number, number, number][]} */
  const nodes = [];
  /** @type {[number, number, Call][]} */
  const waiting = [[-1, -1, root]];
  const name = (/** @type {number} */ fn) => like.functions[fn].join("\n");
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [parent, fn, each] = next;
    const number = nodes.length;
    nodes.push([parent, fn, each.value, each.before]);
    const called = [...each.called].sort(([a], [b]) => (name(a) < name(b) ? 1 : -1));
    for (const [callee, one] of called) waiting.push([number, callee, one]);
  }
  return { ...like, title, nodes };
}

/**
 * A name in at most so many letters: the method stays longest, as it tells most; "" where nothing would be told.
 * @param {string} name
 * @param {number} letters
 */
export function shorten(name, letters) {
  if (name.length <= letters) return name;
  // From the first part on that leaves the rest short enough, with a mark for what is missing.
  for (const part of name.matchAll(/[./]/g)) {
    const rest = name.slice(part.index + 1);
    if (rest && rest.length + 1 <= letters) return `…${rest}`;
  }
  const last = name.split(/[./]/).at(-1) ?? "";
  return letters > 3 && last ? `${last.slice(0, letters - 1)}…` : "";
}

/** The hue of a function in degrees, the same for all of one module. @param {string} name */
export function hue(name) {
  const end = name.lastIndexOf(".");
  const module = end > 0 ? name.slice(0, end) : name;
  // FNV-1a over UTF-16, which is what texts consist of.
  let found = 2166136261;
  for (let at = 0; at < module.length; at++) found = Math.imul(found ^ module.charCodeAt(at), 16777619) >>> 0;
  return found % 360;
}

/** @type {Record<string, [number, string][]>} */
const SCALES = {
  nanoseconds: [
    [60e9, "min"],
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "us"],
    [1, "ns"],
  ],
  bytes: [
    [2 ** 30, "GB"],
    [2 ** 20, "MB"],
    [2 ** 10, "kB"],
    [1, "B"],
  ],
};

/**
 * A value in the largest unit of its kind that it is at least one of: 1.25s, 3.40MB; counts as they are.
 * @param {number} value
 * @param {string} unit
 */
export function quantity(value, unit) {
  for (const [size, name] of SCALES[unit] ?? []) {
    if (Math.abs(value) >= size) return size === 1 ? `${value}${name}` : `${(value / size).toFixed(2)}${name}`;
  }
  return unit === "count" || unit === "" || unit in SCALES ? `${value}` : `${value} ${unit}`;
}

/** @param {number} part @param {number} whole */
export function percent(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(1)}%` : "0.0%";
}

/** A change with its sign. @param {number} value @param {number} before @param {string} unit */
export function change(value, before, unit) {
  return `${value < before ? "-" : "+"}${quantity(Math.abs(value - before), unit)}`;
}
