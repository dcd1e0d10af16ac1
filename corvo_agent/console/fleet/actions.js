// What is done to the Modules that are selected: a level for a time, their logs, a bundle.

import { button, choice, element } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { go } from "../shell/router.js";
import { asApiError } from "../shell/session.js";
import { confirmed, gate } from "../shell/states.js";

// Requests under way at the same time: the browser has six connections, the stream keeps one.
const WIDTH = 4;
const LEVELS = ["Debug", "Info", "Warn", "Error"];

/**
 * The bar of actions; ``chosen`` gives the names, ``done`` is called when the choice may be given up.
 * @param {import("../shell/app.js").App} app @param {() => string[]} chosen @param {() => void} done @param {AbortSignal} signal
 */
export function actions(app, chosen, done, signal) {
  const tell = (/** @type {string} */ text) => app.tell(text);
  const level = choice(
    "Level",
    LEVELS.map((each) => [each, each]),
    "Debug",
    () => {},
  );
  const lasting = choice(
    "For how long",
    [
      ["10m", "for 10m"],
      ["1h", "for 1h"],
      ["8h", "for 8h"],
    ],
    "10m",
    () => {},
  );
  const reason = element("input", { "aria-label": "Reason", placeholder: "reason", size: "14" });
  const many = element("strong", {});
  const failed = element("ul", { className: "failed", hidden: true });

  /** @param {string} what @param {Record<string, unknown>} body */
  async function put(what, body) {
    const names = chosen();
    if (!(await confirmed(what, names))) return;
    const refused = await each(names, (name) =>
      app.session.json(`modules/${encodeURIComponent(name)}/level`, { method: "PUT", body, signal }),
    );
    app.tell(`${what} ${count(names.length - refused.length)} of ${count(names.length)}`);
    failed.replaceChildren(...refused.slice(0, 10).map((text) => element("li", { text })));
    failed.hidden = !refused.length;
  }

  async function bundle() {
    const names = chosen();
    try {
      const started = await app.session.json("bundles", { method: "POST", body: { names }, signal });
      app.tell(`Collecting ${count(names.length)} modules …`);
      for (;;) {
        const now = await app.session.json(`bundles/${started.id}`, { signal });
        if (now.state === "done") break;
        if (now.state !== "running") throw new Error(now.error || `the bundle is ${now.state}`);
        app.tell(`Collecting ${count(names.length)} modules: ${Math.round(100 * (now.progress ?? 0))}%`);
        await new Promise((go) => setTimeout(go, 500));
      }
      await app.session.download(`bundles/${started.id}/data`, `corvo-bundle-${started.id}.tar.gz`);
      app.tell(`The bundle of ${count(names.length)} modules is saved.`);
    } catch (error) {
      if (!signal.aborted) app.tell(`No bundle: ${asApiError(error).message}`);
    }
  }

  const setLevel = () =>
    put(`Set ${level.value} for ${lasting.value} on`, { level: level.value, for: lasting.value, reason: reason.value });
  const endNow = () => put("End the override of", { level: null });
  const may = app.session.refusal("level");
  const bar = element(
    "div",
    { className: "bar actions", role: "group", "aria-label": "Selected modules" },
    many,
    level,
    lasting,
    reason,
    gate(button("Set level", setLevel, { className: "strong" }), may, tell),
    gate(button("End override", endNow), may, tell),
    gate(
      button("Logs", () => go("logs", "", { names: chosen().join(",") })),
      app.session.refusal("Log"),
      tell,
    ),
    gate(button("Bundle", bundle), app.session.refusal("bundle"), tell),
    button("Clear", done),
    failed,
  );
  bar.hidden = true;
  return {
    bar,
    /** So many are selected. @param {number} selected */
    show(selected) {
      bar.hidden = selected === 0;
      many.textContent = `${count(selected)} selected`;
    },
  };
}

/** Do something to each name, some at a time; what went wrong, a text each. @param {string[]} names @param {(name: string) => Promise<unknown>} act */
async function each(names, act) {
  /** @type {string[]} */
  const wrong = [];
  const left = names.values();
  const worker = async () => {
    for (const name of left) await act(name).catch((error) => wrong.push(`${name}: ${asApiError(error).message}`));
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return wrong;
}
