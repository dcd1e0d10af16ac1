// Stacks: where the threads and tasks of a module are, and who waits for whom.

import { copy } from "../logs/detail.js";
import { button, element, setText } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { go } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { empty, failure, gate, loading } from "../shell/states.js";
import { asText, factsOf, fileOf, matching, sizeOf, titleOf } from "./model.js";

/** @typedef {import("./model.js").Stack} Stack */

const SHORT = 4;
const MOST = 500;

/** The form that asks whose. @param {string} screen @param {string} name */
export function moduleForm(screen, name) {
  const field = element("input", { "aria-label": "Module", placeholder: "Module", value: name, spellcheck: "false" });
  field.addEventListener("change", () => go(screen, field.value.trim()));
  return field;
}

class Stacks {
  /** @type {Stack[]} */
  threads = [];
  /** @type {Stack[]} */
  tasks = [];
  /** @type {string[]} */
  deadlocks = [];
  /** @type {string[]} */
  comments = [];
  own = 0;
  everything = false;
  #asked = 0;

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {string} name @param {AbortSignal} signal */
  constructor(host, app, name, signal) {
    this.app = app;
    this.name = name;
    this.signal = signal;
    this.search = element("input", {
      type: "search",
      "aria-label": "Search names and frames",
      placeholder: "Search  /",
      on: { input: () => this.show() },
    });
    this.all = button("The agent's own, too", () => this.toggle(), {
      "aria-pressed": "false",
      title: "Threads and tasks of the agent itself (a)",
    });
    this.found = element("output", { className: "quiet" });
    this.body = element("div", { className: "stacked", tabindex: "0", "aria-label": "Stacks" });
    const asking = gate(
      button("Ask again", () => this.ask(), { title: "Take the stacks anew (r)" }),
      app.session.refusal("Profile"),
      (text) => app.tell(text),
    );
    const copying = button("Copy as text", async () => app.tell(await copy(this.text())), { title: "All of it (c)" });
    host.append(
      element(
        "div",
        { className: "bar" },
        element("h1", { text: "Stacks" }),
        moduleForm("stacks", name),
        this.search,
        this.found,
        element("div", { className: "buttons" }, asking, this.all, copying),
      ),
      this.body,
    );
    app.keys.add(
      [
        { key: "/", does: "search names and frames", act: () => this.search.focus() },
        { key: "r", does: "take the stacks anew", act: () => asking.click() },
        { key: "a", does: "the agent's own threads and tasks, too", act: () => this.toggle() },
        { key: "c", does: "copy as text", act: () => copying.click() },
        { key: "j", does: "next stack", act: () => this.step(1) },
        { key: "k", does: "stack before", act: () => this.step(-1) },
        {
          key: "Escape",
          does: "forget the search",
          act: () => {
            this.search.value = "";
            this.show();
            this.body.focus();
          },
        },
      ],
      signal,
    );
    if (name) void this.ask();
    else
      this.body.append(
        empty("Whose stacks? Name a module above, choose one in the fleet, or ask in a terminal:", "corvo stacks NAME"),
      );
  }

  toggle() {
    this.everything = !this.everything;
    this.all.setAttribute("aria-pressed", String(this.everything));
    void this.ask();
  }

  async ask() {
    const mine = ++this.#asked;
    if (!this.body.childElementCount) this.body.append(loading(`Asking the agent of ${this.name} …`));
    this.body.classList.add("old");
    try {
      const path = `modules/${encodeURIComponent(this.name)}/stacks`;
      const answer = await this.app.session.json(path, {
        query: { all: String(this.everything) },
        signal: this.signal,
      });
      if (mine !== this.#asked) return;
      this.#take(answer);
    } catch (error) {
      if (!this.signal.aborted && mine === this.#asked)
        this.body.replaceChildren(failure(asApiError(error), () => this.ask()));
    }
    this.body.classList.remove("old");
  }

  /** @param {{deadlocks: string[], comments: string[], threads: Stack[], tasks: Stack[], own: number}} answer */
  #take({ deadlocks, comments, threads, tasks, own }) {
    this.deadlocks = deadlocks;
    this.comments = comments;
    this.threads = threads;
    this.tasks = tasks;
    this.own = own;
    this.show();
  }

  /** @returns {[string, Stack[]][]} */
  #sections() {
    const shown = (/** @type {string} */ title, /** @type {Stack[]} */ stacks) =>
      /** @type {[string, Stack[]]} */ ([`${title}: ${count(sizeOf(stacks))}`, matching(stacks, this.search.value)]);
    return [shown("Tasks", this.tasks), shown("Threads", this.threads)];
  }

  text() {
    return asText([this.name, ...this.deadlocks, ...this.comments], this.#sections());
  }

  show() {
    const sections = this.#sections();
    const shown = sections.reduce((sum, [, groups]) => sum + groups.length, 0);
    setText(
      this.found,
      this.search.value.trim() ? `${count(shown)} of ${count(this.tasks.length + this.threads.length)}` : "",
    );
    const parts = sections.map(([title, stacks]) =>
      element(
        "section",
        {},
        element("h2", { text: title }),
        ...stacks.slice(0, MOST).map((stack) => this.#article(stack)),
        ...(stacks.length > MOST
          ? [element("p", { text: `${count(stacks.length - MOST)} more: search for them` })]
          : []),
      ),
    );
    const left = this.own ? [`${this.own} of the agent's own are left out`] : [];
    this.body.replaceChildren(
      ...this.deadlocks.map((text) => element("p", { className: "deadlock", role: "alert", text })),
      ...[...this.comments, ...left].map((text) => element("p", { className: "quiet", text })),
      ...(shown
        ? parts
        : [empty(this.search.value ? "No name and no frame has this in it." : "No thread and no task was there.")]),
    );
  }

  /** @param {Stack} stack */
  #article(stack) {
    const { frames } = stack;
    const list = element("ol", { className: "data frames" });
    const fill = (/** @type {number} */ most) => {
      list.replaceChildren(
        ...frames
          .slice(0, most)
          .map((frame) =>
            element("li", {}, frame.function, element("span", { className: "quiet", text: `  ${fileOf(frame)}` })),
          ),
      );
      const more = frames.length - most;
      if (more > 0)
        list.append(
          element(
            "li",
            {},
            button(`${more} more frames`, () => fill(Infinity), { className: "link" }),
          ),
        );
    };
    fill(this.search.value ? Infinity : SHORT);
    const title = element("h3", { className: "data", text: titleOf(stack) });
    return element(
      "article",
      { className: "stack", tabindex: "0" },
      title,
      element("p", { className: "quiet", text: factsOf(stack) }),
      list,
    );
  }

  /** @param {1 | -1} by */
  step(by) {
    const all = /** @type {HTMLElement[]} */ ([...this.body.querySelectorAll(".stack")]);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
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
