// Logs: of one module or of many as one sequence, filtered by their agents, found again by a link.

import { bar, button, buttons, element, every, setText } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { whose } from "../shell/names.js";
import { save } from "../shell/session.js";
import { empty, failure, Standing } from "../shell/states.js";
import { Bar } from "./bar.js";
import { Chart } from "./chart.js";
import { counted } from "./counted.js";
import { Detail } from "./detail.js";
import { filtered, finder } from "./filter.js";
import { Histogram } from "./histogram.js";
import { decode, encode } from "./link.js";
import { LogList } from "./list.js";
import { Merger } from "./merge.js";
import { entryOf, jsonOf, timeOf } from "./record.js";
import { LogRing } from "./ring.js";
import { Rows } from "./rows.js";
import { around, DEFAULT_LINES, isFollowed, read } from "./source.js";

/** @typedef {import("./record.js").Entry} Entry */

// Milliseconds between two looks at what has come.
const LOOK = 100;
// Milliseconds of work after which others get their turn.
const SLICE = 6;
// Milliseconds after which logs that have said nothing are taken to be empty.
const PATIENCE = 4000;

class Logs {
  ring = new LogRing();
  histogram = new Histogram();
  merger = new Merger();
  left = 0;
  /** @type {((entry: Entry) => boolean) | undefined} */
  passes = undefined;
  /** @type {Map<string, string>} */
  failures = new Map();
  settled = false;
  /** @type {AbortController | undefined} */
  reading = undefined;
  #filtering = 0;
  #asked = 0;
  #told = "[]";
  // Whether nothing more comes of any module.
  #over = false;
  #changed = false;

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {AbortSignal} signal */
  constructor(host, app, signal) {
    this.host = host;
    this.app = app;
    this.signal = signal;
    this.view = decode(new URLSearchParams());
    this.chart = new Chart(this.histogram, (span) => this.ask({ parameters: { ...this.view.parameters, ...span } }));
    this.detail = new Detail(
      {
        filter: (name, value) => this.filter(name, value),
        only: (module) => this.ask({ names: [module], selector: "" }),
        link: (entry) => this.linkTo(entry),
        context: (entry) => around(app, entry, signal),
        tell: (text) => app.tell(text),
        close: () => this.close(),
      },
      signal,
    );
    this.lines = element("div", { className: "lines data", tabindex: "0", role: "listbox", "aria-label": "Log lines" });
    this.list = new LogList(this.lines, this.ring, {
      choose: (number) => !this.detail.host.hidden && this.open(number),
      open: (number) => {
        this.list.choose(number);
        this.open(number);
      },
      moved: () => this.tell(),
    });
    this.state = new Standing();
    this.status = element("output", { className: "status", "aria-live": "off" });
    this.resume = button("Follow", () => this.list.follow(true), { title: "Go on with the newest lines (End)" });
    this.wrapping = button("Wrap", () => this.wrap(), { title: "All lines of each (w)" });
    this.bar = new Bar(app, signal, {
      modules: (whose) => this.ask(whose),
      filter: (name, value) => this.filter(name, value),
      find: (text) => this.find(text),
      leave: () => this.lines.focus(),
    });
    this.troubles = element("div", { className: "troubles failed", role: "alert" });
    host.append(
      this.bar.host,
      this.bar.conditions,
      this.troubles,
      this.chart.figure,
      element("div", { className: "beside" }, this.lines, this.detail.host),
      this.state.host,
      this.#foot(),
    );
    this.#keys();
    every(LOOK, () => this.#look(), signal);
    document.addEventListener("themed", () => this.chart.draw(), { signal });
    signal.addEventListener("abort", () => this.reading?.abort());
  }

  #foot() {
    const download = button("Download", () => this.download(), { title: "The lines shown, as JSON" });
    const foot = bar(this.status, this.resume, buttons(this.wrapping, download));
    foot.classList.add("foot");
    return foot;
  }

  #keys() {
    const step = (/** @type {number} */ by) => () => this.list.step(by);
    const page = () => Math.max(1, Math.floor(this.lines.clientHeight / 20) - 1);
    this.app.keys.add(
      [
        { key: "/", does: "look for a text", act: () => this.bar.focus() },
        ...["j", "ArrowDown"].map((key) => ({ key, does: "next line", act: step(1) })),
        ...["k", "ArrowUp"].map((key) => ({ key, does: "line before", act: step(-1) })),
        { key: "PageDown", does: "a page further", act: () => this.list.step(page()) },
        { key: "PageUp", does: "a page back", act: () => this.list.step(-page()) },
        { key: "Home", does: "the oldest line here", act: step(-Infinity) },
        { key: "End", does: "follow the newest lines", act: () => this.list.follow(true) },
        { key: "p", does: "pause, or follow", act: () => this.list.follow(!this.list.following) },
        { key: "Enter", does: "the line beside the others", act: () => this.open(this.list.chosen) },
        { key: "w", does: "wrap long lines", act: () => this.wrap() },
        { key: "Escape", does: "close the line, or forget what is looked for", act: () => this.close() },
      ],
      this.signal,
    );
  }

  /** Show what a link says. @param {import("../shell/router.js").Route} route */
  go(route) {
    const asked = JSON.stringify([this.view.names, this.view.selector, this.view.parameters]);
    this.view = decode(route.params, route.name);
    const { names, selector, parameters, find } = this.view;
    this.bar.show(this.view);
    this.list.named = names.length !== 1;
    this.list.wrap = this.view.wrap;
    this.wrapping.setAttribute("aria-pressed", String(this.view.wrap));
    if (asked !== JSON.stringify([names, selector, parameters]) || !this.reading) this.#read();
    this.passes = finder(find);
    this.list.find = find;
    this.refilter();
  }

  /** Ask for something else; a step that "back" takes back. @param {Partial<import("./link.js").LogView>} change */
  ask(change) {
    location.hash = `#/logs?${encode({ ...this.view, ...change })}`;
  }

  /** Change what the page alone does; no step. @param {Partial<import("./link.js").LogView>} change */
  #keep(change) {
    Object.assign(this.view, change);
    history.replaceState(null, "", `#/logs?${encode(this.view)}`);
    this.refilter();
  }

  /** @param {string} name @param {string} value "" takes the filter away */
  filter(name, value) {
    const { [name]: _, ...others } = this.view.parameters;
    this.ask({ parameters: value ? { ...others, [name]: value } : others });
  }

  /** @param {string} text */
  find(text) {
    this.passes = finder(text);
    this.list.find = text;
    this.#keep({ find: text.trim() });
    this.bar.show(this.view);
  }

  wrap() {
    this.list.wrap = !this.list.wrap;
    this.wrapping.setAttribute("aria-pressed", String(this.list.wrap));
    this.#keep({ wrap: this.list.wrap });
  }

  /** @param {number} number */
  open(number) {
    const entry = this.ring.get(number);
    if (!entry) return;
    // Whoever looks at a line does not want it to move away.
    if (this.list.following) this.list.follow(false);
    this.detail.show(entry);
    this.list.draw();
  }

  close() {
    if (!this.detail.host.hidden) this.detail.close();
    else if (this.view.find) this.find("");
    this.lines.focus();
  }

  /** @param {Entry} entry */
  linkTo(entry) {
    const at = timeOf(entry.record);
    const time = (/** @type {number} */ shift) => new Date(at + shift).toISOString();
    /** @type {Record<string, string>} */
    const span = Number.isNaN(at) ? {} : { since: time(-60_000), until: time(60_000) };
    const { lines: _, ...parameters } = this.view.parameters;
    return `${location.href.split("#")[0]}#/logs?${encode({ ...this.view, names: [entry.module], selector: "", parameters: { ...parameters, ...span } })}`;
  }

  download() {
    const { rows } = this.list;
    const entries = Array.from({ length: rows.size }, (_, row) => this.ring.get(rows.number(row)));
    const lines = entries.flatMap((entry) => (entry ? `${jsonOf(entry)}\n` : []));
    save(new Blob(lines, { type: "application/x-ndjson" }), `${this.view.names[0] ?? "logs"}.ndjson`);
  }

  #read() {
    this.reading?.abort();
    this.reading = new AbortController();
    this.ring.clear();
    this.histogram.clear();
    this.merger = new Merger(isFollowed(this.view) ? 300 : 0);
    this.failures.clear();
    this.#over = false;
    this.list.show(new Rows());
    this.list.chosen = -1;
    this.detail.close();
    this.left = 0;
    this.settled = false;
    this.#asked = performance.now();
    this.#changed = true;
    // Last: it tells what is shown, and would say that nothing matches what is not asked yet.
    this.list.follow(true);
    const { names, selector } = this.view;
    if (!names.length && !selector) return;
    void this.#count(this.reading.signal);
    /** @type {import("./source.js").Told} */
    const told = {
      line: (module, record) => {
        this.merger.add(entryOf(module, record), performance.now());
        this.failures.delete(module);
      },
      failed: (module, error, ended) => {
        this.failures.set(module, error.message);
        this.#over ||= ended && !module;
        if (this.#over) this.state.show(error.message, () => failure(error, () => this.#read()));
        this.#changed = true;
      },
      settled: () => {
        this.#changed ||= !this.settled;
        this.settled = true;
      },
    };
    read(this.app, this.view, told, this.reading.signal);
  }

  /** Show how many lines the logs have, where their agents tell; else those of the page stay. @param {AbortSignal} signal */
  async #count(signal) {
    const found = await counted(this.app, this.view, signal).catch(() => undefined);
    if (signal.aborted || !found) return;
    this.histogram.take(found);
    this.chart.draw();
  }

  /** Take in what has come; of lines that come one by one each at once, of a flood ten times a second. */
  #look() {
    const came = isFollowed(this.view) || this.settled ? this.merger.take(performance.now()) : [];
    const leaves = (/** @type {Entry} */ oldest) => {
      this.histogram.add(oldest, -1);
      this.left++;
    };
    for (const entry of came) {
      const number = this.ring.push(entry, leaves);
      this.histogram.add(entry);
      if (!this.passes || this.passes(entry)) this.list.push(number, entry);
    }
    // A log without a line says nothing of itself.
    if (!this.settled && this.app.stream.state === "open" && performance.now() - this.#asked > PATIENCE) {
      this.settled = this.#changed = true;
    }
    if (!came.length && !this.#changed) return;
    this.#changed = false;
    this.list.drop();
    this.chart.changed();
    this.tell();
  }

  /** Show of the lines that are here those that are looked for, in portions. */
  refilter() {
    const mine = ++this.#filtering;
    const work = this.#rowsAnew();
    const step = () => {
      if (mine !== this.#filtering || this.signal.aborted) return;
      const { done, value } = work.next();
      // One portion a frame: what is left of it is for drawing.
      if (!done) return void requestAnimationFrame(step);
      this.list.show(value);
      this.tell();
    };
    step();
  }

  /** @returns {Generator<void, Rows>} */
  *#rowsAnew() {
    const { ring, list } = this;
    const passes = this.passes ?? (() => true);
    const now = () => performance.now();
    const end = ring.end;
    const rows = new Rows();
    let until = now() + SLICE;
    for (const number of yield* filtered(ring, passes, now, SLICE)) {
      const entry = ring.get(number);
      if (entry) rows.push(number, list.heightOf(entry));
      if (rows.size % 256 || now() < until) continue;
      yield;
      until = now() + SLICE;
    }
    // What has come meanwhile, and what has gone.
    for (let number = end; number < ring.end; number++) {
      const entry = ring.get(number);
      if (entry && passes(entry)) rows.push(number, list.heightOf(entry));
    }
    rows.dropBefore(ring.first);
    return rows;
  }

  /** What is shown, and what is not, in one line. */
  tell() {
    const { size, following, missed } = this.list;
    const all = this.ring.size;
    const shown = size === all ? `${count(all)} lines` : `${count(size)} of ${count(all)} lines`;
    const live = isFollowed(this.view);
    const now = !live ? "not followed: the query has an end" : following ? "following" : `Paused, ${count(missed)} new`;
    const asked = Number(this.view.parameters.lines ?? DEFAULT_LINES);
    const begins = !all || all < asked ? "" : `, from the newest ${count(asked)} of each log on`;
    const left = this.left ? `, ${count(this.left)} older ones have left this page` : "";
    setText(this.status, `${shown}${left || begins} · ${now}`);
    this.status.classList.toggle("paused", live && !following);
    this.resume.hidden = following || !live;
    const troubles = this.#over ? [] : [...this.failures];
    const words = troubles.slice(0, 4).map(([module, text]) => [module, text]);
    if (troubles.length > 4) words.push(["", `and ${troubles.length - 4} more modules`]);
    // Only what has changed: all of it would be read aloud again.
    if (this.#told !== JSON.stringify(words)) {
      this.#told = JSON.stringify(words);
      const told = words.map(([module, text]) => element("p", {}, element("strong", { text: module }), ` ${text}`));
      this.troubles.replaceChildren(...told);
    }
    if (!this.#over) this.#stand();
  }

  /** What stands in place of lines. */
  #stand() {
    const { names, selector, find } = this.view;
    const asks = names.length > 0 || selector !== "";
    const all = this.ring.size;
    // The first lines wait for those of other modules when all that there are have come.
    const waits = !this.#refused && (!this.settled || this.merger.size > 0);
    this.host.classList.toggle("unasked", !asks);
    const choose = (/** @type {string} */ text) => whose(this.app, "logs", text, "corvo logs NAME -f", this.signal);
    const none = (/** @type {string} */ text) => empty(text, "corvo logs NAME --level all");
    if (!asks) this.state.show("Whose log? Name modules above, or choose some in the fleet.", choose);
    else if (this.list.size) this.state.show("");
    else if (!all && waits) this.state.show(`Asking ${names.join(", ") || selector} …`);
    else if (find) this.state.show(`None of the ${count(all)} lines here has this in it.`, none);
    else if (this.#refused) this.state.show("No log of these modules can be read.", none);
    else this.state.show("No line of these modules matches.", none);
  }

  /** Whether each module that is named has told why it cannot be read. */
  get #refused() {
    const { names } = this.view;
    return names.length > 0 && names.every((name) => this.failures.has(name));
  }
}

/** @type {import("../shell/app.js").Screen} */
export const logs = {
  path: "logs",
  title: "Logs",
  menu: true,
  mount(host, app, route, signal) {
    const screen = new Logs(host, app, signal);
    screen.go(route);
    return { update: (other) => screen.go(other) };
  },
};
