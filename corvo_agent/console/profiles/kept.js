// The profiles that the gateway keeps, and those that are being taken.

import { button, element } from "../shell/dom.js";
import { age, bytes, since } from "../shell/format.js";
import { fragment } from "../shell/router.js";

/**
 * As GET profiles answers it.
 * @typedef {{id: string, module: string, profile: string, parameters: Record<string, string>, state: string,
 *   started: string, seconds: number | null, progress: number, bytes: number, error: string, gateway: string, by: string}} Kept
 */

/** The kinds that show a flame graph. @type {Record<string, string>} */
export const KINDS = {
  ...{ profile: "CPU", heap: "Memory held", allocs: "Allocations", goroutine: "Tasks and threads" },
  ...{ block: "Waits and stalls", mutex: "Locks", threadcreate: "Threads made" },
};

/** @param {Kept} kept */
export const titleOf = ({ profile, module }) => `${KINDS[profile] ?? profile} of ${module}`;

/** The file that a profile is saved as, as the command line calls it. @param {Kept} kept */
export const fileOf = ({ profile, module }) => `${module}-${profile}.pb.gz`;

/** The fragment of what a profile shows. @param {string} id @param {string} [before] */
export const openLink = (id, before = "") => fragment("profiles", "", { open: id, before });

/** Those of the same kind that ended, the newest first: what a profile can be compared with. @param {Kept[]} all @param {Kept} kept */
export function comparable(all, kept) {
  const alike = all.filter((each) => each.state === "done" && each.profile === kept.profile && each.id !== kept.id);
  return alike.sort((a, b) => b.started.localeCompare(a.started));
}

/**
 * One row. ``act``: ``save`` its bytes, ``drop`` it (or end it while it runs).
 * @param {Kept} kept @param {{save: (kept: Kept) => void, drop: (kept: Kept) => void}} act
 */
export function rowOf(kept, act) {
  const running = kept.state === "running";
  const done = kept.state === "done";
  const state = element("td", {}, kept.state);
  if (running)
    state.replaceChildren(
      element("progress", { max: "1", value: String(kept.progress), "aria-label": `How far ${titleOf(kept)} is` }),
    );
  if (kept.error) state.append(`: ${kept.error}`);
  state.className = kept.state === "failed" ? "failed" : "";
  const asked = Object.entries(kept.parameters).map(([key, value]) => `${key}=${value}`);
  const name = done ? element("a", { href: openLink(kept.id), text: titleOf(kept) }) : titleOf(kept);
  const buttons = element("div", { className: "buttons" });
  if (done) buttons.append(button("Download", () => act.save(kept), { title: "For go tool pprof" }));
  buttons.append(button(running ? "Cancel" : "Forget", () => act.drop(kept)));
  const cells = [`${age(since(kept.started))} ago`, asked.join(" "), done ? bytes(kept.bytes) : "", kept.by];
  const [when, how, size, by] = cells.map((text) => element("td", { text }));
  return element("tr", {}, element("td", {}, name), when, how, size, by, state, element("td", {}, buttons));
}
