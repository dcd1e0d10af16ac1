// One Module: how it is, its level and who changed it, what it uses, what its agent publishes.

import { STATUSES } from "../fleet/table.js";
import { bar, element, every, setText } from "../shell/dom.js";
import { age, bytes, count, since, span } from "../shell/format.js";
import { whose } from "../shell/names.js";
import { fragment, go } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { failure, fill } from "../shell/states.js";
import { charts } from "./charts.js";
import { LevelPart } from "./level.js";
import { history, processes, variables } from "./tables.js";

// Milliseconds between two looks at what changes by itself.
const LOOK = 10_000;

/** @typedef {import("../fleet/filter.js").Row} Row */

class ModuleScreen {
  /** @type {Row | null} */
  row = null;
  // Whether the stream has told of it since it began anew: it may have gone meanwhile.
  #listed = false;
  // How often the level was asked for: of several answers that of the last question counts, whichever comes last.
  #levels = 0;

  /** @param {HTMLElement} host @param {import("../shell/app.js").App} app @param {string} name @param {AbortSignal} signal */
  constructor(host, app, name, signal) {
    this.app = app;
    this.name = name;
    this.path = `modules/${encodeURIComponent(name)}`;
    this.signal = signal;
    this.status = element("strong", { className: "word" });
    this.facts = element("dl", { className: "facts" });
    this.labels = element("p", { className: "labels data" });
    this.why = element("p", { className: "failed" });
    this.level = new LevelPart(app, name, signal, () => this.#changed());
    this.charts = element("div", { className: "charts" });
    this.history = element("div", {});
    this.workers = element("div", {});
    this.variables = element("div", {});
    const links = [
      ["logs", "Logs", "l"],
      ["errors", "Errors", "e"],
      ["stacks", "Stacks", "s"],
      ["profiles", "Profiles", "p"],
    ].filter(([path]) => app.screens.some((each) => each.path === path));
    const ways = links.map(([path, text, key]) =>
      element("a", { href: fragment(path, name), text, title: `${text} (${key})` }),
    );
    const part = (/** @type {string} */ title, /** @type {HTMLElement} */ of) =>
      element("section", { "aria-label": title }, element("h2", { text: title }), of);
    const head = bar(element("h1", { text: name }), this.status, element("nav", { "aria-label": "Module" }, ...ways));
    head.classList.add("head");
    const facts = element("div", {}, this.why, this.facts, this.labels);
    const workers = part("Workers", this.workers);
    const { host: level, controls } = this.level;
    const left = element("div", {}, facts, level, controls, workers, part("History", this.history));
    const right = element("div", {}, part("Last 15 minutes", this.charts), part("Variables", this.variables));
    host.append(head, element("div", { className: "parts" }, left, right));
    app.keys.add(
      [
        ...links.map(([path, text, key]) => ({ key, does: text, act: () => go(path, name) })),
        { key: "Escape", does: "back to the fleet", act: () => go("fleet") },
      ],
      signal,
    );
    app.stream.subscribe(
      { kind: "statuses", "field-selector": `meta.name=${name}`, measure: [name] },
      (message) => this.#take(message),
      signal,
    );
    every(1000, () => this.#tick(), signal);
    every(LOOK, () => this.#look(), signal);
    this.#look();
    this.#showHistory();
    this.#fill(this.labels, this.path, (found) => labels(found.meta.labels ?? {}));
  }

  /** @param {any} message */
  #take(message) {
    if (message.type === "opened") this.#listed = false;
    else if (message.type === "row") {
      this.row = message.object;
      this.#listed = true;
      this.#tick();
      this.#changed();
    } else if (message.type === "gone" || (message.type === "listed" && !this.#listed)) {
      setText(this.why, this.row ? "This Module has been deleted." : "There is no such Module.");
      // What is known of it was so: it does not get older, and nothing of it is live.
      if (this.row) setText(this.status, "deleted");
      this.status.className = "word";
      this.row = null;
    } else if (message.type === "error") setText(this.why, message.error.message);
  }

  #look() {
    if (document.hidden) return;
    this.#fill(this.charts, `${this.path}/samples`, charts);
    if (!this.variables.querySelector("details[open]")) this.#showVariables();
  }

  #changed() {
    void this.#showLevel();
    this.#showHistory();
  }

  #showHistory() {
    this.#fill(this.history, `${this.path}/history`, (found) => history(found.items));
  }

  async #showLevel() {
    const mine = ++this.#levels;
    const isLast = () => mine === this.#levels && !this.signal.aborted;
    try {
      const level = await this.app.session.json(`${this.path}/level`, { signal: this.signal });
      if (isLast()) this.level.show(level);
    } catch (error) {
      if (isLast()) this.level.fail(failure(asApiError(error), () => void this.#showLevel()));
    }
  }

  #showVariables() {
    const body = { query: "Stats", parameters: {} };
    this.#fill(
      this.variables,
      `${this.path}/Debug`,
      (found) => {
        const stats = found.diagnostics?.stats ?? {};
        const workers = stats.workers ? JSON.parse(stats.workers) : {};
        const alone = element("p", { className: "quiet", text: "One process: the agent's own." });
        this.workers.replaceChildren(Object.keys(workers).length ? processes(workers) : alone);
        // One that was opened since it was asked stays open, and has the focus.
        return this.variables.querySelector("details[open]") ? null : variables(stats);
      },
      { method: "POST", body },
    );
  }

  /**
   * Ask for a part and show it; its own failure stands in its place, the other parts stay. Where no answer comes at all
   * it stays, too: the banner says how old it is.
   * @param {HTMLElement} host @param {string} path @param {(found: any) => Node | Node[] | null} show @param {{method?: string, body?: unknown}} [options]
   */
  #fill(host, path, show, options) {
    const { app, signal } = this;
    const stands = () => host.childElementCount > 0 && !host.querySelector(".state.failed");
    const ask = () =>
      app.session.json(path, { ...options, signal }).catch((error) => {
        if (asApiError(error).status !== 0 || !stands()) throw error;
      });
    void fill(host, signal, ask, (found) => (found === undefined ? null : show(found)));
  }

  #tick() {
    this.level.tick();
    const row = this.row;
    if (!row) return;
    const [text, means] = STATUSES[row.status] ?? [row.status, ""];
    setText(this.status, row.status === "live" && row.reachable === false ? "unreachable" : text);
    this.status.title = means;
    this.status.className = `word ${row.status}`;
    setText(this.why, row.status === "live" && row.reachable !== false ? "" : row.why || means);
    /** @type {[string, string][]} */
    const facts = [
      ["node", row.node],
      ["service", row.service],
      ["up", row.started ? age(since(row.started)) : ""],
      ["restarts", row.restarts ? count(row.restarts) : ""],
      ["workers", row.workers !== null && row.workers > 1 ? count(row.workers) : ""],
      ["errors in 10m", row.errors === null ? "" : count(row.errors)],
      ["CPU", row.cpu === null ? "" : `${row.cpu.toFixed(1)}%`],
      ["memory", row.rss === null ? "" : bytes(row.rss)],
      ["lag", row["loop-lag"] === null ? "" : span(row["loop-lag"])],
    ];
    const shown = facts.filter(([, value]) => value);
    this.facts.replaceChildren(
      ...shown.map(([key, value]) =>
        element("div", {}, element("dt", { text: key }), element("dd", { className: "data", text: value })),
      ),
    );
  }
}

/** @param {Record<string, string>} labels */
function labels(labels) {
  return Object.entries(labels).map(([key, value]) =>
    element("a", {
      className: "label",
      href: fragment("fleet", "", { filter: `labels[${key}]=${value}` }),
      text: `${key}=${value}`,
    }),
  );
}

/** @type {import("../shell/app.js").Screen} */
export const module = {
  path: "module",
  title: "Module",
  mount(host, app, { name }, signal) {
    if (name) new ModuleScreen(host, app, name, signal);
    else host.append(whose(app, "module", "Which Module?", "corvo ls", signal));
  },
};
