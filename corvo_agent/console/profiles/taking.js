// The form that asks for a profile: of which module, which kind, for how long, and what else its kind takes.

import { button, choice, element } from "../shell/dom.js";
import { asApiError } from "../shell/session.js";
import { gate } from "../shell/states.js";
import { KINDS } from "./kept.js";

const TIMED = ["profile", "allocs", "block", "mutex", "threadcreate"];

/**
 * The form; ``taken`` is told the profile that has begun.
 * @param {import("../shell/app.js").App} app @param {string} name @param {(kept: import("./kept.js").Kept) => void} taken
 */
export function takingForm(app, name, taken) {
  const module = element("input", {
    "aria-label": "Module",
    placeholder: "Module",
    value: name,
    required: true,
    spellcheck: "false",
  });
  const kind = choice(
    "Kind of profile",
    Object.entries(KINDS),
    "profile",
    (value) => (seconds.hidden = !TIMED.includes(value)),
  );
  const seconds = element("input", {
    type: "number",
    "aria-label": "Seconds",
    title: "Seconds",
    value: "10",
    min: "0.1",
    step: "any",
  });
  const more = element("input", {
    "aria-label": "More parameters",
    placeholder: "mode=wall hz=99",
    title: "What else the kind takes, KEY=VALUE",
    spellcheck: "false",
  });
  const take = button("Take", () => form.requestSubmit(), { className: "strong" });
  const form = element(
    "form",
    { className: "bar", on: { submit: send } },
    element("h1", { text: "Profiles" }),
    module,
    kind,
    seconds,
    more,
    gate(take, app.session.refusal("Profile"), (text) => app.tell(text)),
  );
  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const pairs = more.value.split(/\s+/).filter(Boolean);
    const parameters = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    if (!seconds.hidden) parameters.seconds = seconds.value;
    if (pairs.some((pair) => pair.indexOf("=") < 1)) return app.tell("Parameters are KEY=VALUE, such as mode=wall");
    try {
      const path = `modules/${encodeURIComponent(module.value.trim())}/profiles`;
      taken(await app.session.json(path, { method: "POST", body: { profile: kind.value, parameters } }));
    } catch (error) {
      const failed = asApiError(error);
      const later = failed.retryAfter ? ` Try again in ${failed.retryAfter} s.` : "";
      app.tell(`Not taken: ${failed.message}.${later}`);
    }
  }
  return form;
}
