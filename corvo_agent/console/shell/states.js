// What stands where there is nothing else to show: waiting, nothing, an error. Each says what can be done.

import { button, buttons, element } from "./dom.js";
import { asApiError } from "./session.js";

/** @param {string} text */
export function loading(text) {
  return element("p", { className: "state", role: "status", text });
}

/** A command for a terminal. @param {string} text */
export const command = (text) => element("pre", { className: "command" }, element("code", { text }));

/** Nothing there, and the command that starts one. @param {string} text @param {string} [starts] */
export function empty(text, starts) {
  const told = element("div", { className: "state", role: "status" }, element("p", { text }));
  if (starts) told.append(command(starts));
  return told;
}

/** The gateway's own words, and another try. @param {import("./session.js").ApiError} error @param {() => void} [retry] */
export function failure(error, retry) {
  const title = element("strong", { text: [error.status || "", error.title].filter(Boolean).join(" ") });
  const words = element("p", { text: error.message });
  const told = element("div", { className: "state failed", role: "alert" }, title, words);
  if (retry) told.append(button("Retry", retry));
  return told;
}

/** The place of what stands where rows would: made anew only when it says another thing. */
export class Standing {
  host = element("div", { className: "standing" });
  #text = "";

  /** @param {string} text "" for nothing @param {(text: string) => Node} [make] */
  show(text, make = loading) {
    if (text === this.#text) return;
    this.#text = text;
    this.host.replaceChildren(...(text ? [make(text)] : []));
  }
}

/** What was asked last of each place. @type {WeakMap<HTMLElement, object>} */
const ASKED = new WeakMap();

/**
 * Ask, and show what was answered, or why it was not with another try. What stood there is dimmed meanwhile; of several
 * questions about one place the last one counts: ``show`` hears of no other answer. What it gives takes the place of what
 * stood there, which stays where it gives null.
 * @template T
 * @param {HTMLElement} host @param {AbortSignal} signal @param {() => Promise<T>} ask
 * @param {(found: T) => Node | Node[] | null} show
 * @param {string} [waiting] what is told where nothing stands yet
 */
export async function fill(host, signal, ask, show, waiting) {
  const mine = {};
  ASKED.set(host, mine);
  if (waiting && !host.childElementCount) host.append(loading(waiting));
  host.classList.add("old");
  const again = () => void fill(host, signal, ask, show, waiting);
  const told = await ask().then(
    (found) => () => show(found),
    (error) => () => failure(asApiError(error), again),
  );
  if (signal.aborted || ASKED.get(host) !== mine) return;
  host.classList.remove("old");
  /** @type {Node | Node[] | null} */
  let parts;
  try {
    parts = told();
  } catch (error) {
    // What was answered is of another form.
    parts = failure(asApiError(error), again);
  }
  if (parts) host.replaceChildren(...[parts].flat());
}

/**
 * Leave a button where it is, but let it say why it may not be used, to the eye, the ear and whoever presses it.
 * @template {HTMLElement} T
 * @param {T} control @param {string} reason "" for one that may be used @param {(text: string) => void} tell @returns {T}
 */
export function gate(control, reason, tell) {
  if (!reason) return control;
  control.setAttribute("aria-disabled", "true");
  control.title = reason;
  control.addEventListener(
    "click",
    (event) => {
      event.stopImmediatePropagation();
      event.preventDefault();
      tell(reason);
    },
    { capture: true },
  );
  return control;
}

/**
 * Ask before more than one Module is touched, as the command line does; true for yes. Where ``signal`` ends it the screen
 * that asked has been left: that is a no.
 * @param {string} action such as "Set Debug for 10m on" @param {string[]} names @param {AbortSignal} signal @returns {Promise<boolean>}
 */
export function confirmed(action, names, signal) {
  if (names.length < 2) return Promise.resolve(true);
  const listed = names.slice(0, 10).map((name) => element("li", { text: name }));
  if (names.length > 10) listed.push(element("li", { text: `… and ${names.length - 10} more` }));
  return new Promise((done) => {
    const close = (/** @type {string} */ value) => () => asked.close(value);
    const no = button("No", close(""), { autofocus: true });
    const yes = button(`Yes, all ${names.length}`, close("yes"), { className: "strong" });
    const text = `${action} ${names.length} modules?`;
    const parts = [element("h2", { text }), element("ul", {}, ...listed), buttons(no, yes)];
    const asked = element("dialog", { className: "sheet", "aria-label": text }, ...parts);
    signal.addEventListener("abort", close(""));
    asked.addEventListener("close", () => {
      asked.remove();
      done(asked.returnValue === "yes");
    });
    document.body.append(asked);
    asked.showModal();
  });
}
