// The keyboard: what the page and the screen in it bind, and the sheet that tells of it.

import { button, element } from "./dom.js";
import { meanings } from "./table.js";

/** @typedef {{key: string, does: string, act: (event: KeyboardEvent) => void}} Binding ``key`` as KeyboardEvent has it */

// How the sheet calls keys whose names are long, or no letters.
/** @type {Record<string, string>} */
const CALLED = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space" };

/** Whether keys are letters there. @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]), select, textarea");
}

/** What is bound; the newest binding of a key counts. */
export class Keys {
  /** @type {Binding[]} */
  #bound = [];

  constructor() {
    this.sheet = element("dialog", { className: "sheet", "aria-label": "Keys" });
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Bind keys until ``signal`` ends it. @param {Binding[]} bindings @param {AbortSignal} [signal] */
  add(bindings, signal) {
    // What was waited for may come when its screen is left already.
    if (signal?.aborted) return;
    this.#bound.push(...bindings);
    signal?.addEventListener("abort", () => (this.#bound = this.#bound.filter((each) => !bindings.includes(each))));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    // A dialog keeps its keys to itself, Esc closes it.
    if (document.querySelector("dialog[open]")) return;
    if (isTyping(event.target) && event.key !== "Escape") return;
    // Enter and the space bar belong to what has the focus.
    if (
      (event.key === "Enter" || event.key === " ") &&
      event.target instanceof Element &&
      event.target.matches("button, a, summary, [type=checkbox]")
    )
      return;
    const found = this.#bound.findLast((each) => each.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.act(event);
  }

  /** Show or hide the sheet. */
  toggleSheet() {
    if (this.sheet.open) return this.sheet.close();
    // The newest binding of a key counts, and keys that do the same stand together.
    /** @type {Map<string, string[]>} */
    const told = new Map();
    for (const [key, does] of new Map(this.#bound.map((each) => [each.key, each.does]))) {
      told.set(does, [...(told.get(does) ?? []), CALLED[key] ?? key]);
    }
    const rows = [...told].map(([does, keys]) => [keys.join("  "), does]);
    const close = button("Close", () => this.sheet.close());
    this.sheet.replaceChildren(element("h2", { text: "Keys" }), meanings(rows), close);
    this.sheet.showModal();
  }
}
