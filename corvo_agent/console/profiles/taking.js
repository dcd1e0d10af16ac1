// The form that asks for a profile: of which module, which kind, for how long, and what else its kind takes.

import { bar, button, choice, element, field } from "../shell/dom.js";
import { moduleField } from "../shell/names.js";
import { go } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { KINDS, TIMED } from "./kept.js";

/**
 * The form, and what each kind answers with a button that takes one; ``taken`` is told the profile that has begun.
 * @param {import("../shell/app.js").App} app @param {string} name @param {(kept: import("./kept.js").Kept) => void} taken
 * @param {AbortSignal} signal
 */
export function taking(app, name, taken, signal) {
  const says = { label: "Module", hint: "Module", value: name };
  const module = moduleField(app, says, (text) => go("profiles", text), signal);
  const kinds = Object.entries(KINDS).map(([kind, [title]]) => /** @type {[string, string]} */ ([kind, title]));
  const seconds = field("Seconds", "10", { type: "number", value: "10", min: "0.1", step: "any" });
  const show = () => (seconds.hidden = !TIMED.includes(kind.value));
  const kind = choice("Kind of profile", kinds, "profile", show);
  const more = field("What else the kind takes, KEY=VALUE", "mode=wall hz=99", { "aria-label": "More parameters" });
  const take = app.may(
    button("Take", () => void send(), { className: "strong" }),
    "Profile",
  );
  const form = bar(element("h1", { text: "Profiles" }), ...module, kind, seconds, more, take);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.target === seconds || event.target === more)) take.click();
  });
  const offer = (/** @type {[string, string]} */ [each, title]) => {
    const takes = () => {
      kind.value = each;
      show();
      take.click();
    };
    return [button(title, takes), element("span", { text: KINDS[each][1] })];
  };

  async function send() {
    if (!name) return app.tell("Name the Module first, or choose it below.");
    const pairs = more.value.split(/\s+/).filter(Boolean);
    const parameters = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    // What was typed as a parameter counts; an empty field means what its hint says.
    if (!seconds.hidden) parameters.seconds ??= seconds.value || seconds.placeholder;
    if (pairs.some((pair) => pair.indexOf("=") < 1)) return app.tell("Parameters are KEY=VALUE, such as mode=wall");
    try {
      const path = `modules/${encodeURIComponent(name)}/profiles`;
      taken(await app.session.json(path, { method: "POST", body: { profile: kind.value, parameters } }));
    } catch (error) {
      const failed = asApiError(error);
      const later = failed.retryAfter ? ` Try again in ${failed.retryAfter} s.` : "";
      app.tell(`Not taken: ${failed.message}.${later}`);
    }
  }
  const offers = element("div", { className: "offers" }, ...kinds.flatMap(offer));
  const title = element("h2", { text: "What can be taken, and what each answers" });
  return { form, kind, offers: element("section", {}, title, offers) };
}
