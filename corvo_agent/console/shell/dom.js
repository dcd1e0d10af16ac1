// Elements, always of text and never of markup: what a log line or a name holds cannot become a part of the page.

// Control characters (line ends and tabs apart) and those that turn the direction of text: shown by their numbers.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text whose every character is seen. @param {string} text */
export function visible(text) {
  return text.replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * An element. ``given``: its ``className``, ``text``, ``title``, listeners (``on``); any other name is an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{className?: string, text?: string, title?: string, on?: Record<string, (event: any) => void>,
 *   [attribute: string]: any}} [given]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "className") made.className = value;
    else if (name === "text") made.textContent = visible(value);
    else if (name === "title") made.title = visible(value);
    else if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

/** Change the text of a node, if it is another one. @param {Node} node @param {string} text */
export function setText(node, text) {
  const seen = visible(text);
  if (node.textContent !== seen) node.textContent = seen;
}

/** @param {string} text @param {() => void} act @param {Record<string, any>} [more] */
export function button(text, act, more = {}) {
  return element("button", { type: "button", text, on: { click: act }, ...more });
}

/** An input: what it is for, to the ear and the pointer, and what it may hold, to the eye. @param {string} label @param {string} hint @param {Record<string, any>} [more] */
export function field(label, hint, more = {}) {
  return element("input", { "aria-label": label, placeholder: hint, title: label, spellcheck: "false", ...more });
}

/** Buttons side by side. @param {HTMLElement[]} buttons */
export const buttons = (...buttons) => element("div", { className: "buttons" }, ...buttons);

/** A strip above what a screen shows. @param {(Node | string)[]} parts */
export const bar = (...parts) => element("div", { className: "bar" }, ...parts);

/**
 * A choice of one of several values.
 * @param {string} label @param {[string, string][]} options value and text @param {string} chosen @param {(value: string) => void} [act]
 */
export function choice(label, options, chosen, act = () => {}) {
  const made = element("select", { "aria-label": label, on: { change: () => act(made.value) } });
  for (const [value, text] of options) made.append(element("option", { value, text }));
  made.value = chosen;
  return made;
}

/** Focus what stands ``by`` places behind what has the focus. @param {Element} within @param {string} selector @param {number} by */
export function focusNext(within, selector, by) {
  const all = /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
}

/** Call ``act`` every so many milliseconds until ``signal`` ends it. @param {number} period @param {() => void} act @param {AbortSignal} signal */
export function every(period, act, signal) {
  const timer = setInterval(act, period);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** Call ``draw`` once at the next frame, however often it is asked for until then. @param {() => void} draw */
export function atNextFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
