// Light and dark: as the person has set it for all pages, until they choose for this one.

import { stored } from "./storage.js";

const KEY = "corvo-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light" | "dark"} */
export function theme() {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

/** Follow the setting, or what was chosen before; canvases hear of a change by the event "themed" of the document. */
export function followTheme() {
  const follow = () => apply(stored("localStorage")?.getItem(KEY) ?? (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", follow);
  follow();
}

/** Change between light and dark. */
export function changeTheme() {
  const other = theme() === "dark" ? "light" : "dark";
  stored("localStorage")?.setItem(KEY, other);
  apply(other);
}

/** @param {string} name */
function apply(name) {
  document.documentElement.dataset.theme = name;
  document.dispatchEvent(new Event("themed"));
}
