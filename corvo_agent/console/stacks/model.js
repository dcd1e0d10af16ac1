// Threads and tasks as the gateway tells them: those at one place are one already, those waited for follow who waits.

/**
 * @typedef {{function: string, file: string, line: number}} Frame
 * One or several threads or tasks at one place, as GET modules/NAME/stacks answers it; ``age`` in seconds.
 * @typedef {{kind: string, names: string[], count: number, state: string, thread: string, "waits-for": string[],
 *   chain: string[], age: number | null, "age-is-least": boolean, created: string, frames: Frame[]}} Stack
 */

/** Those with a text in a name, in what they wait for, or in a frame, in any case. @param {Stack[]} stacks @param {string} text */
export function matching(stacks, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return stacks;
  return stacks.filter((stack) =>
    [titleOf(stack, Infinity), factsOf(stack), ...stack.frames.map(placeOf)].some((each) =>
      each.toLowerCase().includes(wanted),
    ),
  );
}

/** @param {Stack[]} stacks */
export const sizeOf = (stacks) => stacks.reduce((sum, stack) => sum + stack.count, 0);

/** FILE:LINE, as editors take it. @param {Frame} frame */
export const fileOf = ({ file, line }) => (file && line ? `${file}:${line}` : file);

/** @param {Frame} frame */
export const placeOf = (frame) => [frame.function, fileOf(frame)].filter(Boolean).join("  ");

/** What they are called: their names, and how many more there are. @param {Stack} stack @param {number} [most] */
export function titleOf({ names, count, kind }, most = 5) {
  const named = names.slice(0, most).join(", ") || kind;
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `${count > 1 ? `${count} × ` : ""}${named}${more}`;
}

/** Its state, what it waits for, that in its turn, for how long, and who made it. @param {Stack} stack */
export function factsOf({ state, chain, age, created, ...rest }) {
  const links = chain.length ? chain : rest["waits-for"];
  return [
    state,
    links.length && `waits for ${links.join(" → ")}`,
    age && `for ${rest["age-is-least"] ? "over " : ""}${age < 10 ? age.toFixed(1) : Math.round(age)} s`,
    created && `made by ${created}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** All of it as text. @param {string[]} head @param {[string, Stack[]][]} sections */
export function asText(head, sections) {
  const lines = [...head];
  for (const [title, stacks] of sections) {
    lines.push("", title);
    for (const stack of stacks) {
      const facts = factsOf(stack);
      lines.push(
        `  ${titleOf(stack, Infinity)}${facts && `  (${facts})`}`,
        ...stack.frames.map((frame) => `      ${placeOf(frame)}`),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
