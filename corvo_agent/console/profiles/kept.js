// The profiles that the gateway keeps, and those that are being taken.

import { button, buttons, element } from "../shell/dom.js";
import { age, bytes, since } from "../shell/format.js";
import { fragment } from "../shell/router.js";

/**
 * As GET profiles answers it.
 * @typedef {{id: string, module: string, profile: string, parameters: Record<string, string>, state: string,
 *   started: string, seconds: number | null, progress: number, bytes: number, error: string, gateway: string, by: string}} Kept
 */

/** What a kind is called, and what it answers. @type {Record<string, [string, string]>} */
export const KINDS = {
  profile: ["CPU", "Where does processor time go?"],
  heap: ["Memory held", "What holds the memory, by type or by the line that asked for it?"],
  allocs: ["Allocations", "Which lines ask for memory, and how much, while it is looked at?"],
  goroutine: ["Tasks and threads", "Where is each of them now, and whom does it wait for?"],
  block: ["Waits and stalls", "Where do tasks wait, and what keeps the event loop from going on?"],
  mutex: ["Locks", "Who stands at a lock, a condition or a queue?"],
  threadcreate: ["Threads made", "Which code starts threads?"],
  trace: ["Trace", "What did the event loop do, turn by turn? A file for ui.perfetto.dev, no flame graph."],
};
/** The kinds that are measured for a time. */
export const TIMED = ["profile", "allocs", "block", "mutex", "threadcreate", "trace"];

/** @param {Kept} kept */
export const titleOf = ({ profile, module }) => `${KINDS[profile]?.[0] ?? profile} of ${module}`;

/** The file that a profile is saved as, as the command line calls it. @param {Kept} kept */
export const fileOf = ({ profile, module }) => `${module}-${profile}.${profile === "trace" ? "json" : "pb.gz"}`;

/** The fragment of what a profile shows. @param {string} id @param {string} [before] */
export const openLink = (id, before = "") => fragment("profiles", "", { open: id, before });

/** Those of the same kind that ended, the newest first: what a profile can be compared with. @param {Kept[]} all @param {Kept} kept */
export function comparable(all, kept) {
  const alike = all.filter((each) => each.state === "done" && each.profile === kept.profile && each.id !== kept.id);
  return alike.sort((a, b) => b.started.localeCompare(a.started));
}

/**
 * The cells of one. ``act``: ``save`` its bytes, ``drop`` it (or end it while it runs).
 * @param {Kept} kept @param {{save: (kept: Kept) => void, drop: (kept: Kept) => void}} act @returns {(Node | string)[]}
 */
export function cellsOf(kept, act) {
  const running = kept.state === "running";
  const done = kept.state === "done";
  const told = element("span", { className: kept.state === "failed" ? "failed" : "" });
  if (running) {
    const label = `How far ${titleOf(kept)} is`;
    const bar = { max: "1", value: String(kept.progress), "aria-label": label, "data-profile": kept.id };
    told.append(element("progress", bar));
  } else told.append([kept.state, kept.error].filter(Boolean).join(": "));
  const asked = Object.entries(kept.parameters).map(([key, value]) => `${key}=${value}`);
  const opens = done && kept.profile !== "trace";
  const name = opens ? element("a", { href: openLink(kept.id), text: titleOf(kept) }) : titleOf(kept);
  const ends = button(running ? "Cancel" : "Forget", () => act.drop(kept));
  const saves = button("Download", () => act.save(kept), {
    title: opens ? "For go tool pprof" : "For ui.perfetto.dev",
  });
  const size = done ? bytes(kept.bytes) : "";
  const when = `${age(since(kept.started))} ago`;
  return [name, when, asked.join(" "), size, kept.by, told, done ? buttons(saves, ends) : ends];
}
