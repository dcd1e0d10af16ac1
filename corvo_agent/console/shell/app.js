// The shell: head, banner, one screen at a time. What a screen has to know of it stands here.
//
// A screen is an object {path, title, menu?, mount} in shell/screens.js, with its style sheet in index.html:
//   path    the first part of the fragment: "logs" is #/logs and #/logs/NAME?key=value
//   title   in the menu (if ``menu``) and in the title of the page
//   mount(host, app, route, signal)
//           puts itself into ``host``, an empty element. ``signal`` ends when another screen is shown, or the same one
//           anew: give it to whatever outlives a moment (addEventListener, keys.add, stream.subscribe, session.fetch,
//           every). It may return {update(route)}, called when only the fragment's name or params have changed;
//           without it the screen is mounted anew. remember() changes the fragment without any of that.
//   app.session   fetch, json, download (ApiError carries the gateway's words), refusal(what): why it is not allowed
//   app.stream    subscribe(wanted, on, signal): the one multiplexed stream; see stream.js
//   app.keys      add([{key, does, act}], signal): bound and told by the help sheet; "/" is each screen's to bind
//   app.may(control, what)  leaves a button where it is, but lets it say why it may not be used
//   app.tell(text)  one line to eye and ear: what was done, or why not
// states.js has fill (ask and show), loading, empty, failure, confirmed; list.js the
// virtual list; table.js tables; names.js the field for a Module; many.js many requests; entries.js what was done; dom.js
// elements of text; format.js numbers and ages; theme.css the colours. An error that mount rejects with is shown.

import { atNextFrame, button, buttons, element, every, setText, visible } from "./dom.js";
import { age } from "./format.js";
import { Keys } from "./keys.js";
import { fragment, go, readRoute } from "./router.js";
import { asApiError, Session } from "./session.js";
import { signIn } from "./signin.js";
import { failure, gate, loading } from "./states.js";
import { Stream } from "./stream.js";
import { changeTheme, followTheme } from "./theme.js";

/**
 * @typedef {import("./router.js").Route} Route
 * @typedef {{update?: (route: Route) => void}} Mounted
 * @typedef {{path: string, title: string, menu?: boolean,
 *   mount: (host: HTMLElement, app: App, route: Route, signal: AbortSignal) => Mounted | void | Promise<Mounted | void>}} Screen
 */

// Seconds without a word from etcd after which that is told.
const STALE = 20;

export class App {
  session = new Session();
  stream = new Stream(this.session);
  keys = new Keys();
  /** @type {{screen: Screen, mounted: Mounted | void, end: AbortController} | null} */
  #shown = null;
  #toldTimer = 0;

  /** @param {HTMLElement} body @param {Screen[]} screens the first one is shown unless the fragment says another */
  constructor(body, screens) {
    this.body = body;
    this.screens = screens;
    this.menu = element("nav", { "aria-label": "Screens" });
    this.who = element("p", { className: "who quiet" });
    this.banner = element("div", { className: "bar banner failed", role: "status", hidden: true });
    this.main = element("main", { tabindex: "-1" });
    this.told = element("output", { className: "told", "aria-live": "polite" });
    this.session.onUnauthorised = () =>
      this.#signIn("The gateway does not take this token any more: it has expired, or was revoked.");
    this.stream.onState = atNextFrame(() => this.#showState());
    this.keys.add([
      { key: "?", does: "these keys", act: () => this.keys.toggleSheet() },
      { key: "d", does: "light or dark", act: changeTheme },
      ...screens
        .filter((each) => each.menu)
        .map((each, index) => ({ key: String(index + 1), does: each.title, act: () => go(each.path) })),
    ]);
  }

  /** Find out who asks, and show what the fragment says. */
  async start() {
    followTheme();
    addEventListener("hashchange", () => this.session.who && this.#route());
    every(1000, () => this.#showState(), new AbortController().signal);
    await this.#open();
  }

  async #open() {
    this.body.replaceChildren(element("main", {}, loading("Asking the gateway …")));
    try {
      await this.session.open();
    } catch (error) {
      const failed = asApiError(error);
      if (failed.status === 401)
        return this.#signIn(this.session.token ? "The gateway does not take the token that this tab had." : "");
      const told = failure(failed, () => this.#open());
      return this.body.replaceChildren(element("main", {}, element("h1", { text: "Corvo" }), told));
    }
    this.#enter();
  }

  /** @param {string} why */
  #signIn(why) {
    this.#shown?.end.abort();
    this.#shown = null;
    this.session.close();
    signIn(this.body, this.session, () => this.#enter(), why);
  }

  #enter() {
    const { name, role, selector, gateway } = /** @type {import("./session.js").Whoami} */ (this.session.who);
    const limited = selector ? `, ${selector}` : "";
    setText(this.who, `${name || "signed in"} (${role}${limited})`);
    this.who.title = `Gateway ${gateway.id}, version ${gateway.version}`;
    const links = this.screens
      .filter((each) => each.menu)
      .map((each) => element("a", { href: fragment(each.path), text: each.title }));
    this.menu.replaceChildren(...links);
    const theme = button("Theme", changeTheme, { title: "Light or dark (d)" });
    const sheet = button("?", () => this.keys.toggleSheet(), { title: "Keys (?)", "aria-label": "Keys" });
    const ways = buttons(theme, sheet);
    if (this.session.token) ways.append(button("Sign out", () => this.#signIn("")));
    const skip = button("Skip to the content", () => this.main.focus(), { className: "skip" });
    const mark = element("a", { className: "mark", href: "#/", text: "Corvo" });
    const head = element("header", {}, skip, mark, this.menu, this.who, ways);
    this.body.replaceChildren(head, this.banner, this.main, this.told, this.keys.sheet);
    this.#route();
  }

  #route() {
    const route = readRoute(location.hash);
    const screen = this.screens.find((each) => each.path === route.screen);
    for (const link of this.menu.querySelectorAll("a")) {
      if (link.getAttribute("href") === fragment(route.screen)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const named = route.name || route.params.get("names");
    document.title = visible([named, screen?.title, "Corvo"].filter(Boolean).join(" · "));
    if (screen && this.#shown?.screen === screen && this.#shown.mounted?.update)
      return this.#shown.mounted.update(route);
    this.#shown?.end.abort();
    this.#shown = null;
    // It tells the keys of the screen that is left.
    this.keys.sheet.close();
    this.main.replaceChildren();
    if (screen) return void this.#mount(screen, route);
    const back = element("p", {}, element("a", { href: "#/", text: "To the fleet" }));
    this.main.append(element("h1", { text: "No such screen" }), back);
  }

  /** @param {Screen} screen @param {Route} route */
  async #mount(screen, route) {
    const end = new AbortController();
    const host = element("div", { className: `screen ${screen.path}` });
    this.main.append(host);
    const shown = (this.#shown = { screen, mounted: /** @type {Mounted | void} */ (undefined), end });
    try {
      shown.mounted = await screen.mount(host, this, route, end.signal);
    } catch (error) {
      if (!end.signal.aborted) host.replaceChildren(failure(asApiError(error), () => this.#route()));
    }
  }

  /**
   * A control that says why it may not be used, where that is so.
   * @template {HTMLElement} T @param {T} control @param {string} what see Session.refusal @returns {T}
   */
  may(control, what) {
    return gate(control, this.session.refusal(what), (text) => this.tell(text));
  }

  /** One line to eye and ear, for eight seconds. @param {string} text */
  tell(text) {
    setText(this.told, text);
    this.told.classList.add("shown");
    clearTimeout(this.#toldTimer);
    this.#toldTimer = window.setTimeout(() => this.told.classList.remove("shown"), 8000);
  }

  #showState() {
    const { state, heard, reason, retryAt, staleness } = this.stream;
    const lost = state === "lost";
    const stale = state === "open" && staleness > STALE;
    this.main.classList.toggle("stale", lost || stale);
    this.banner.hidden = !lost && !stale;
    if (this.banner.hidden) return;
    const old = heard ? `What is shown is ${age((Date.now() - heard) / 1000)} old.` : "Nothing was heard yet.";
    const text = lost
      ? `Disconnected: ${reason}. ${old} Next try in ${age((retryAt - Date.now()) / 1000)}.`
      : `The gateway has not heard from etcd for ${age(staleness)}: what is shown is as old.`;
    if (!this.banner.firstChild)
      this.banner.append(
        element("span"),
        button("Try now", () => this.stream.retry()),
      );
    setText(/** @type {Node} */ (this.banner.firstChild), text);
  }
}
