// What time it is for the gateway, which is what its times are compared with: the clock of this machine may be wrong.

// As fine as the times in heads of answers are, and as long as an answer may be under way.
const SAME = 2_000;
let ahead = 0;

/** An answer has told the time. @param {string | null} date its header, such as "Fri, 27 Nov 2026 03:04:42 GMT" */
export function heard(date) {
  const told = Date.parse(date ?? "") + 500;
  if (Math.abs(told - now()) > SAME) ahead = told - Date.now();
}

/** Milliseconds since the epoch. */
export const now = () => Date.now() + ahead;
