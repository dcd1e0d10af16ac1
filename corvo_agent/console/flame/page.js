// The page of one flame graph: its data stand in the page itself.

import { button } from "../shell/dom.js";
import { Keys } from "../shell/keys.js";
import { FlameGraph } from "./graph.js";

/** @param {HTMLElement} host @param {import("./tree.js").FlameData} data */
function openPage(host, data) {
  const keys = new Keys();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "";
  const change = () => {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    follow();
  };
  const graph = new FlameGraph(host, data, [
    button("Theme", change, { title: "Theme (d)" }),
    button("?", () => keys.toggleSheet(), { title: "Keys (?)" }),
  ]);
  // As the person has set it for all pages, until they choose for this one.
  const follow = () => {
    document.documentElement.dataset.theme = chosen || (dark.matches ? "dark" : "light");
    graph.repaint();
  };
  dark.addEventListener("change", follow);
  follow();
  keys.add([
    ...graph.bindings,
    { key: "ArrowDown", does: "with the other arrows: walk from box to box", act: () => graph.view.canvas.focus() },
    { key: "Enter", does: "let the box fill the width", act: () => graph.view.zoom(graph.view.selected) },
    { key: "d", does: "light or dark", act: change },
    { key: "?", does: "these keys", act: () => keys.toggleSheet() },
  ]);
  host.append(keys.sheet);
  return graph;
}

const host = document.getElementById("flame");
const text = document.getElementById("data")?.textContent;
if (host && text) Object.assign(window, { flame: openPage(host, JSON.parse(text)) });
