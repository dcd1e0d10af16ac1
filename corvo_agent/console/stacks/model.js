// Threads and tasks as people read them: those at one place together, what they wait for below.

/**
 * @typedef {{function: string, file: string, line: number}} Frame
 * A thread or a task, or several at one place, as GET modules/NAME/stacks answers it.
 * @typedef {{name: string, state?: string, "waits-for"?: string | string[] | null, age?: number | null, count?: number,
 *   frames: Frame[], chain?: (string | {name: string})[]}} Stack
 * @typedef {{names: string[], count: number, state: string, waitsFor: string[], age: number, frames: Frame[], chain: string[]}} Group
 */

/** Stacks at one place as one group, the largest groups first. @param {Stack[]} stacks @returns {Group[]} */
export function folded(stacks) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const { name, state = "", age, count = 1, frames, chain = [], ...rest } of stacks) {
    const waitsFor = [rest["waits-for"] ?? []].flat();
    const links = chain.map((each) => (typeof each === "string" ? each : each.name));
    const key = JSON.stringify([
      state,
      waitsFor,
      links,
      frames.map((frame) => [frame.function, frame.file, frame.line]),
    ]);
    const group = groups.get(key) ?? { names: [], count: 0, state, waitsFor, age: 0, frames, chain: links };
    if (name) group.names.push(name);
    group.count += count;
    group.age = Math.max(group.age, age ?? 0);
    groups.set(key, group);
  }
  const order = new Intl.Collator("en", { numeric: true });
  for (const group of groups.values()) group.names.sort(order.compare);
  return [...groups.values()].sort((a, b) => b.count - a.count || order.compare(a.names[0] ?? "", b.names[0] ?? ""));
}

/** Those with a text in a name, in what they wait for, or in a frame, in any case. @param {Group[]} groups @param {string} text */
export function matching(groups, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return groups;
  return groups.filter(({ names, state, waitsFor, chain, frames }) =>
    [...names, state, ...waitsFor, ...chain, ...frames.map(placeOf)].some((each) =>
      each.toLowerCase().includes(wanted),
    ),
  );
}

/** @param {Frame} frame */
export const placeOf = ({ function: name, file, line }) => `${name}  ${file}${line ? `:${line}` : ""}`;

/** What a group is called: its names, and how many more there are. @param {Group} group @param {number} [most] */
export function titleOf({ names, count }, most = 5) {
  const named = names.slice(0, most).join(", ") || "unnamed";
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `${count > 1 ? `${count} × ` : ""}${named}${more}`;
}

/** The chain of waiting that a group stands at the beginning of, "" for none. @param {Group} group */
export function waiting({ waitsFor, chain }) {
  const links = chain.length ? chain : waitsFor;
  return links.length ? `waits for ${links.join(" → ")}` : "";
}

/** All of it as text. @param {string} module @param {string[]} deadlocks @param {[string, Group[]][]} sections */
export function asText(module, deadlocks, sections) {
  const lines = [module, ...deadlocks];
  for (const [title, groups] of sections) {
    lines.push("", title);
    for (const group of groups) {
      const head = [
        titleOf(group, Infinity),
        group.state && `[${group.state}]`,
        waiting(group),
        group.age ? `${group.age.toFixed(1)} s` : "",
      ];
      lines.push(`  ${head.filter(Boolean).join("  ")}`, ...group.frames.map((frame) => `      ${placeOf(frame)}`));
    }
  }
  return `${lines.join("\n")}\n`;
}
