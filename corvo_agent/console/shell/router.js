// Where the page is: its fragment, #/SCREEN/NAME?key=value, so that a link leads others to the same sight.

/** @typedef {{screen: string, name: string, params: URLSearchParams}} Route */

/** @param {string} fragment @returns {Route} */
export function readRoute(fragment) {
  const [path, query = ""] = fragment.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [screen, ...name] = path.split("/");
  return { screen: screen || "fleet", name: decoded(name.join("/")), params: new URLSearchParams(query) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The fragment of a route; empty values are left out. @param {string} screen @param {string} [name] @param {Record<string, string>} [params] */
export function fragment(screen, name = "", params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== ""));
  const path = name ? `${screen}/${encodeURIComponent(name)}` : screen;
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

/** Go somewhere: a step that "back" takes back. @param {string} screen @param {string} [name] @param {Record<string, string>} [params] */
export function go(screen, name = "", params = {}) {
  location.hash = fragment(screen, name, params);
}

/** Change what the present fragment tells without a step: filters, order, choices. @param {Record<string, string>} params */
export function remember(params) {
  const route = readRoute(location.hash);
  const all = { ...Object.fromEntries(route.params), ...params };
  history.replaceState(null, "", fragment(route.screen, route.name, all));
}
