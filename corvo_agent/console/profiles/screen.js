// Profiles: take them, see how far they are, open them as flame graphs, compare two.

import { FlameGraph } from "../flame/graph.js";
import { bar, button, choice, element } from "../shell/dom.js";
import { age, since } from "../shell/format.js";
import { whose } from "../shell/names.js";
import { fragment } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { empty, fill, loading } from "../shell/states.js";
import { table } from "../shell/table.js";
import { cellsOf, comparable, fileOf, openLink, titleOf } from "./kept.js";
import { decode, flameData, gunzip, ProfileError } from "./pprof.js";
import { taking } from "./taking.js";

/** @typedef {import("./kept.js").Kept} Kept @typedef {import("../shell/app.js").App} App */

/** @param {string} id */
const pathOf = (id) => `profiles/${encodeURIComponent(id)}`;

/** The profiles that are there, and the form for another one. */
class Shelf {
  /** @type {Map<string, Kept>} */
  kept = new Map();
  /** @type {Set<string>} */
  #watched = new Set();

  /** @param {HTMLElement} host @param {App} app @param {string} name @param {AbortSignal} signal */
  constructor(host, app, name, signal) {
    this.app = app;
    this.name = name;
    this.signal = signal;
    this.shelf = element("section", { "aria-label": "Kept profiles" });
    const { form, kind, offers } = taking(app, name, (kept) => this.take(kept), signal);
    this.command = `corvo profile ${name || "NAME"} cpu --flame cpu.html`;
    const whom = name ? offers : whose(app, "profiles", "Profiles of which module?", this.command, signal);
    host.append(form, element("div", { className: "page", tabindex: "0" }, this.shelf, whom));
    app.keys.add([{ key: "/", does: "to the form", act: () => kind.focus() }], signal);
    const show = (/** @type {{items: Kept[]}} */ { items }) => {
      for (const each of items) if (!name || each.module === name) this.#keep(each);
      return this.#parts();
    };
    void fill(this.shelf, signal, () => app.session.json("profiles", { signal }), show, "Asking the gateway …");
  }

  /** @param {Kept} kept */
  take(kept) {
    if (this.signal.aborted) return;
    const isOnlyFurther = kept.state === "running" && this.kept.get(kept.id)?.state === "running";
    this.#keep(kept);
    const bars = [...this.shelf.querySelectorAll("progress")];
    const bar = isOnlyFurther && bars.find((each) => each.dataset.profile === kept.id);
    // The row stays: a button that is made anew while it is pressed is never pressed, and loses the focus.
    if (bar) bar.value = kept.progress;
    else this.show();
  }

  /** @param {Kept} kept */
  #keep(kept) {
    const before = this.kept.get(kept.id)?.state;
    this.kept.set(kept.id, kept);
    if (before === "running" && kept.state !== "running")
      this.app.tell(`${titleOf(kept)}: ${kept.error || kept.state}`);
    if (kept.state === "running" && !this.#watched.has(kept.id)) this.#watch(kept.id);
  }

  /** @param {string} id */
  #watch(id) {
    this.#watched.add(id);
    const end = new AbortController();
    this.signal.addEventListener("abort", () => end.abort(), { signal: end.signal });
    const on = (/** @type {any} */ message) => {
      if (message.type === "profile") this.take(message.object);
      if (message.type === "error") this.app.tell(message.error.message);
      // A gateway that has begun anew, or another one, has not got it.
      if (message.type === "error" && message.error.status === 404) this.#forget(id);
      if (message.ended || (message.type === "profile" && message.object.state !== "running")) end.abort();
    };
    this.app.stream.subscribe({ kind: "profile", profile: id }, on, end.signal);
  }

  /** @param {string} id */
  #forget(id) {
    this.kept.delete(id);
    this.show();
  }

  /** @param {Kept} kept */
  async drop(kept) {
    try {
      const told = await this.app.session.json(pathOf(kept.id), { method: "DELETE" });
      if (kept.state === "running") this.take(told);
      else this.#forget(kept.id);
    } catch (error) {
      const failed = asApiError(error);
      this.app.tell(failed.message);
      if (failed.status === 404) this.#forget(kept.id);
    }
  }

  show() {
    this.shelf.replaceChildren(...this.#parts());
  }

  /** @returns {Node[]} */
  #parts() {
    const all = [...this.kept.values()].sort((a, b) => b.started.localeCompare(a.started));
    if (!all.length) return this.name ? [empty("No profile is kept here. In a terminal:", this.command)] : [];
    const { session } = this.app;
    const act = {
      save: (/** @type {Kept} */ each) => void saved(this.app, each),
      drop: (/** @type {Kept} */ each) => void this.drop(each),
    };
    const heads = ["Profile", "Taken", "How", "#Size", "By", "State", ""];
    const cells = all.map((kept) => cellsOf(kept, act));
    const where = `Kept by this gateway, ${session.who?.gateway.id ?? ""}, for a day; others keep their own.`;
    return [table("Profiles", heads, cells).host, element("p", { className: "quiet", text: where })];
  }
}

/** Save a profile as a file, or tell why not. @param {App} app @param {Kept} kept */
async function saved(app, kept) {
  try {
    await app.session.download(`${pathOf(kept.id)}/data`, fileOf(kept));
  } catch (error) {
    app.tell(`Not saved: ${asApiError(error).message}`);
  }
}

/** @param {App} app @param {string} id @param {AbortSignal} signal */
async function fetched(app, id, signal) {
  const [kept, response] = await Promise.all([
    app.session.json(pathOf(id), { signal }),
    app.session.fetch(`${pathOf(id)}/data`, { signal }),
  ]);
  return { kept: /** @type {Kept} */ (kept), data: new Uint8Array(await response.arrayBuffer()) };
}

/**
 * One profile as a flame graph, compared with an earlier one if the link names it.
 * @param {HTMLElement} host @param {App} app @param {URLSearchParams} params @param {AbortSignal} signal
 */
async function open(host, app, params, signal) {
  const id = params.get("open") ?? "";
  const before = params.get("before") ?? "";
  host.replaceChildren(loading("Reading the profile …"));
  const [now, earlier] = await Promise.all([
    fetched(app, id, signal),
    before ? fetched(app, before, signal) : undefined,
  ]);
  const { items } = await app.session.json("profiles", { signal });
  const save = button("Download", () => void saved(app, now.kept), { title: "For go tool pprof" });
  const back = element("a", { href: fragment("profiles", now.kept.module), text: "All profiles" });
  const graph = element("div");
  const head = bar(back);
  host.replaceChildren(head, graph);
  try {
    const profile = decode(await gunzip(now.data));
    const base = earlier && decode(await gunzip(earlier.data));
    // Unpacking goes on when the screen is left.
    if (signal.aborted) return;
    const since = earlier ? ` since ${clockOf(earlier.kept)}` : "";
    const drawnAs = (/** @type {string} */ type) => {
      graph.replaceChildren();
      const data = flameData(profile, titleOf(now.kept) + since, { type, before: base });
      return new FlameGraph(graph, data, [save]);
    };
    const preferred = profile.preferred || (profile.types.at(-1)?.[0] ?? "");
    let drawn = drawnAs(preferred);
    const redraw = (/** @type {string} */ type) => {
      drawn = drawnAs(type);
    };
    const types = profile.types.map(([type]) => /** @type {[string, string]} */ ([type, type]));
    head.append(choice("What is shown", types, preferred, redraw), compared(items, now.kept, before));
    if (profile.comments.length) head.append(measuring(profile.comments));
    // Of the graph that is shown then: another choice draws another one.
    const bindings = drawn.bindings.map((each, index) => ({
      ...each,
      act: (/** @type {KeyboardEvent} */ event) => drawn.bindings[index].act(event),
    }));
    app.keys.add(bindings, signal);
    document.addEventListener("themed", () => drawn.repaint(), { signal });
  } catch (error) {
    if (!(error instanceof ProfileError) && !(error instanceof TypeError)) throw error;
    // A trace, a text, or a profile that is broken: it can be had all the same.
    graph.append(
      element("p", { className: "state failed", role: "alert", text: `No flame graph: ${error.message}` }),
      save,
    );
  }
}

/** What the agent remarks on how it has measured. @param {string[]} comments */
const measuring = (comments) =>
  element(
    "details",
    { className: "quiet" },
    element("summary", { text: "How it was measured" }),
    ...comments.map((text) => element("p", { text })),
  );

/** @param {Kept} kept */
const clockOf = (kept) => `${age(since(kept.started))} ago (${kept.module})`;

/** @param {Kept[]} all @param {Kept} kept @param {string} before */
function compared(all, kept, before) {
  /** @type {[string, string][]} */
  const others = comparable(all, kept).map((each) => [each.id, `since ${clockOf(each)}`]);
  others.unshift(["", others.length ? "Not compared" : "Nothing to compare with"]);
  const open = (/** @type {string} */ id) => {
    location.hash = openLink(kept.id, id);
  };
  const made = choice("Compare with", others, before, open);
  made.disabled = others.length < 2;
  return made;
}

/** @type {import("../shell/app.js").Screen} */
export const profiles = {
  path: "profiles",
  title: "Profiles",
  menu: true,
  async mount(host, app, route, signal) {
    if (route.params.get("open")) await open(host, app, route.params, signal);
    else new Shelf(host, app, route.name, signal);
  },
};
