// What the browser keeps for this page.

/**
 * The place for it, or undefined where the browser lets pages keep nothing: they do without then.
 * @param {"localStorage" | "sessionStorage"} where
 */
export function stored(where) {
  try {
    return window[where];
  } catch {
    return undefined;
  }
}
