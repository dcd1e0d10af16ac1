// What is done to the Modules that are selected: a level for a time, their logs, a bundle.

import { bar, button, choice, element, field } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { forEach } from "../shell/many.js";
import { go } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { confirmed } from "../shell/states.js";

/** @type {[string, string][]} */
const LEVELS = ["Debug", "Info", "Warn", "Error"].map((each) => [each, each]);
/** @type {[string, string][]} */
const LASTING = ["10m", "1h", "8h"].map((each) => [each, `for ${each}`]);

/**
 * The bar of actions; ``chosen`` gives the names, ``done`` is called when the choice may be given up.
 * @param {import("../shell/app.js").App} app @param {() => string[]} chosen @param {() => void} done @param {AbortSignal} signal
 */
export function actions(app, chosen, done, signal) {
  const level = choice("Level", LEVELS, "Debug");
  const lasting = choice("For how long", LASTING, "10m");
  const reason = field("Reason", "reason", { size: "14" });
  const many = element("strong", {});
  const failed = element("ul", { className: "failed", hidden: true });

  /** @param {string} what @param {Record<string, unknown>} body */
  async function put(what, body) {
    const names = chosen();
    if (!(await confirmed(what, names, signal))) return;
    /** @type {string[]} */
    const refused = [];
    const set = (/** @type {string} */ name) =>
      app.session
        .json(`modules/${encodeURIComponent(name)}/level`, { method: "PUT", body, signal })
        .catch((error) => refused.push(`${name}: ${asApiError(error).message}`));
    await forEach(names, set);
    app.tell(`${what} ${count(names.length - refused.length)} of ${count(names.length)}`);
    failed.replaceChildren(...refused.slice(0, 10).map((text) => element("li", { text })));
    failed.hidden = !refused.length;
  }

  // It takes a while, and goes on when the screen is left: the file is what was asked for.
  async function bundle() {
    const names = chosen();
    try {
      const started = await app.session.json("bundles", { method: "POST", body: { names } });
      app.tell(`Collecting ${count(names.length)} modules …`);
      for (;;) {
        const now = await app.session.json(`bundles/${started.id}`);
        if (now.state === "done") break;
        if (now.state !== "running") throw new Error(now.error || `the bundle is ${now.state}`);
        app.tell(`Collecting ${count(names.length)} modules: ${Math.round(100 * (now.progress ?? 0))}%`);
        await new Promise((go) => setTimeout(go, 500));
      }
      await app.session.download(`bundles/${started.id}/data`, `corvo-bundle-${started.id}.tar.gz`);
      app.tell(`The bundle of ${count(names.length)} modules is saved.`);
    } catch (error) {
      app.tell(`No bundle: ${asApiError(error).message}`);
    }
  }

  const setLevel = () =>
    put(`Set ${level.value} for ${lasting.value} on`, { level: level.value, for: lasting.value, reason: reason.value });
  const endNow = () => put("End the override of", { level: null });
  const toLogs = () => go("logs", "", { names: chosen().join(",") });
  const buttons = [
    app.may(button("Set level", setLevel, { className: "strong" }), "level"),
    app.may(button("End override", endNow), "level"),
    app.may(button("Logs", toLogs), "Log"),
    app.may(button("Bundle", bundle), "bundle"),
    button("Clear", done),
  ];
  const host = bar(many, level, lasting, reason, ...buttons, failed);
  host.classList.add("actions");
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", "Selected modules");
  host.hidden = true;
  return {
    bar: host,
    /** So many are selected. @param {number} selected */
    show(selected) {
      host.hidden = selected === 0;
      many.textContent = `${count(selected)} selected`;
    },
  };
}
