// What stands where there is nothing else to show: waiting, nothing, an error. Each says what can be done.

import { button, element } from "./dom.js";

/** @param {string} text */
export function loading(text) {
  return element("p", { className: "state", role: "status", text });
}

/** Nothing there, and the command that starts one. @param {string} text @param {string} [command] */
export function empty(text, command) {
  const told = element("div", { className: "state", role: "status" }, element("p", { text }));
  if (command) told.append(element("pre", { className: "command" }, element("code", { text: command })));
  return told;
}

/** The gateway's own words, and another try. @param {import("./session.js").ApiError} error @param {() => void} [retry] */
export function failure(error, retry) {
  const title = [error.status || "", error.title].filter(Boolean).join(" ");
  const told = element(
    "div",
    { className: "state failed", role: "alert" },
    element("strong", { text: title }),
    element("p", { text: error.message }),
  );
  if (retry) told.append(button("Retry", retry));
  return told;
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
 * Ask before more than one Module is touched, as the command line does; true for yes.
 * @param {string} action such as "Set Debug for 10m on" @param {string[]} names @returns {Promise<boolean>}
 */
export function confirmed(action, names) {
  if (names.length < 2) return Promise.resolve(true);
  const listed = names.slice(0, 10).map((name) => element("li", { text: name }));
  if (names.length > 10) listed.push(element("li", { text: `… and ${names.length - 10} more` }));
  return new Promise((done) => {
    const close = (/** @type {string} */ value) => () => asked.close(value);
    const no = button("No", close(""), { autofocus: true });
    const yes = button(`Yes, all ${names.length}`, close("yes"), { className: "strong" });
    const title = element("h2", { text: `${action} ${names.length} modules?` });
    const asked = element(
      "dialog",
      { className: "sheet", "aria-label": `${action} ${names.length} modules?` },
      title,
      element("ul", {}, ...listed),
      element("div", { className: "buttons" }, no, yes),
    );
    asked.addEventListener("close", () => {
      asked.remove();
      done(asked.returnValue === "yes");
    });
    document.body.append(asked);
    asked.showModal();
  });
}
