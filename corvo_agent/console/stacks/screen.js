// Stacks: where the threads and tasks of a module are, and who waits for whom.

import { copy } from "../logs/detail.js";
import { bar, button, buttons, element, focusNext, setText } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { moduleField, searchField, whose } from "../shell/names.js";
import { go } from "../shell/router.js";
import { empty, fill } from "../shell/states.js";
import { asText, factsOf, fileOf, matching, sizeOf, titleOf } from "./model.js";

/** @typedef {import("./model.js").Stack} Stack */

const SHORT = 4;
const MOST = 500;

class Stacks {
  /** @type {{deadlocks: string[], comments: string[], threads: Stack[], tasks: Stack[], own: number}} */
  found = { deadlocks: [], comments: [], threads: [], tasks: [], own: 0 };
  everything = false;

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {string} name @param {AbortSignal} signal */
  constructor(host, app, name, signal) {
    this.app = app;
    this.name = name;
    this.signal = signal;
    this.search = searchField(app, "names and frames", () => this.show(), signal);
    this.all = button("The agent's own, too", () => this.toggle(), {
      "aria-pressed": "false",
      title: "Threads and tasks of the agent itself (a)",
    });
    this.shown = element("output", { className: "quiet" });
    this.body = element("div", { className: "page", tabindex: "0", role: "region", "aria-label": "Stacks" });
    const again = button("Ask again", () => this.ask(), { title: "Take the stacks anew (r)" });
    const asking = app.may(again, "Profile");
    const copying = button("Copy as text", async () => app.tell(await copy(this.text())), { title: "All of it (c)" });
    const says = { label: "Module", hint: "Module", value: name };
    const whoseField = moduleField(app, says, (text) => go("stacks", text), signal);
    const title = element("h1", { text: "Stacks" });
    host.append(bar(title, ...whoseField, this.search, this.shown, buttons(asking, this.all, copying)), this.body);
    app.keys.add(
      [
        { key: "r", does: "take the stacks anew", act: () => asking.click() },
        { key: "a", does: "the agent's own threads and tasks, too", act: () => this.toggle() },
        { key: "c", does: "copy as text", act: () => copying.click() },
        { key: "j", does: "next stack", act: () => focusNext(this.body, ".stack", 1) },
        { key: "k", does: "stack before", act: () => focusNext(this.body, ".stack", -1) },
      ],
      signal,
    );
    if (name) this.ask();
    else this.body.append(whose(app, "stacks", "Whose stacks?", "corvo stacks NAME", signal));
  }

  toggle() {
    this.everything = !this.everything;
    this.all.setAttribute("aria-pressed", String(this.everything));
    this.ask();
  }

  ask() {
    if (!this.name) return;
    const { body, signal } = this;
    const path = `modules/${encodeURIComponent(this.name)}/stacks`;
    const query = { all: String(this.everything) };
    const show = (/** @type {Stacks["found"]} */ found) => {
      this.found = found;
      return this.#parts();
    };
    const asked = () => this.app.session.json(path, { query, signal });
    void fill(body, signal, asked, show, `Asking the agent of ${this.name} …`);
  }

  /** @returns {[string, Stack[]][]} */
  #sections() {
    const shown = (/** @type {string} */ title, /** @type {Stack[]} */ stacks) =>
      /** @type {[string, Stack[]]} */ ([`${title}: ${count(sizeOf(stacks))}`, matching(stacks, this.search.value)]);
    return [shown("Tasks", this.found.tasks), shown("Threads", this.found.threads)];
  }

  text() {
    return asText([this.name, ...this.found.deadlocks, ...this.found.comments], this.#sections());
  }

  show() {
    if (this.name) this.body.replaceChildren(...this.#parts());
  }

  /** @returns {Node[]} */
  #parts() {
    const { deadlocks, comments, tasks, threads, own } = this.found;
    const sections = this.#sections();
    const shown = sections.reduce((sum, [, groups]) => sum + groups.length, 0);
    const searched = this.search.value.trim() !== "";
    setText(this.shown, searched ? `${count(shown)} of ${count(tasks.length + threads.length)}` : "");
    const parts = sections.map(([title, stacks]) => {
      const articles = stacks.slice(0, MOST).map((stack) => this.#article(stack));
      const more = stacks.length - articles.length;
      const rest = more > 0 ? [element("p", { text: `${count(more)} more: search for them` })] : [];
      return element("section", {}, element("h2", { text: title }), ...articles, ...rest);
    });
    const left = own ? [`${own} of the agent's own are left out`] : [];
    const nothing = searched ? "No name and no frame has this in it." : "No thread and no task was there.";
    return [
      ...deadlocks.map((text) => element("p", { className: "deadlock", role: "alert", text })),
      ...[...comments, ...left].map((text) => element("p", { className: "quiet", text })),
      ...(shown ? parts : [empty(nothing)]),
    ];
  }

  /** @param {Stack} stack */
  #article(stack) {
    const { frames } = stack;
    const list = element("ol", { className: "data frames" });
    const file = (/** @type {import("./model.js").Frame} */ frame) =>
      element("span", { className: "quiet", text: `  ${fileOf(frame)}` });
    const open = (/** @type {number} */ most) => {
      const shown = frames.slice(0, most).map((frame) => element("li", {}, frame.function, file(frame)));
      list.replaceChildren(...shown);
      if (frames.length <= most) return;
      const more = button(`${frames.length - most} more frames`, () => open(Infinity), { className: "link" });
      list.append(element("li", {}, more));
    };
    open(this.search.value ? Infinity : SHORT);
    const title = element("h3", { className: "data", text: titleOf(stack) });
    const facts = element("p", { className: "quiet", text: factsOf(stack) });
    return element("article", { className: "stack", tabindex: "0" }, title, facts, list);
  }
}

/** @type {import("../shell/app.js").Screen} */
export const stacks = {
  path: "stacks",
  title: "Stacks",
  menu: true,
  mount(host, app, route, signal) {
    new Stacks(host, app, route.name, signal);
  },
};
