// The form for a token, where the gateway wants one.

import { element, field } from "./dom.js";
import { asApiError } from "./session.js";
import { command } from "./states.js";

/**
 * Show the form in ``host`` until the gateway takes a token.
 * @param {HTMLElement} host @param {import("./session.js").Session} session @param {() => void} done @param {string} [why]
 */
export function signIn(host, session, done, why = "") {
  const token = field("Token", "", { id: "token", type: "password", autocomplete: "off", required: true });
  const told = element("p", { className: "failed", role: "alert", text: why });
  const form = element(
    "form",
    { className: "signin", on: { submit: send } },
    element("h1", { text: "Corvo" }),
    element("p", { text: "This gateway answers whoever shows a token. It stays in this tab, until that is closed." }),
    element("label", { for: "token", text: "Token" }),
    token,
    element("button", { type: "submit", className: "strong", text: "Sign in" }),
    told,
    element("p", { className: "quiet", text: "The operator of the gateway makes one with" }),
    command("corvo token new --role reader --for 30d --name NAME --token-file FILE"),
  );
  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    told.textContent = "";
    // What else is pasted with it could not be sent in a header.
    if (/[^\x21-\x7e]/.test(token.value.trim())) {
      told.textContent = "This is no token: it has a space, or a letter that is none of ASCII, in it.";
      return token.select();
    }
    try {
      await session.open(token.value);
      done();
    } catch (error) {
      const failed = asApiError(error);
      session.close();
      told.textContent =
        failed.status === 401
          ? "The gateway does not know this token: it is wrong, expired or revoked."
          : failed.message;
      token.select();
    }
  }
  host.replaceChildren(element("main", {}, form));
  token.focus();
}
