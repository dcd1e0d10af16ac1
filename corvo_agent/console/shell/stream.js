// All that a tab watches, in one stream: browsers open six connections to one host, and a seventh would wait for ever.

import { ApiError, fromStatus, unreachable } from "./session.js";

const FIRST = 500;
const LONGEST = 15_000;
// The gateway says something every 15 s; twice that, and some more, is silence.
const SILENCE = 40_000;

/**
 * @typedef {Record<string, any> & {kind: string}} Wanted a subscription as the API takes it, without its id
 * @typedef {{wanted: Wanted, on: (message: any) => void}} Entry
 * @typedef {"idle" | "connecting" | "open" | "lost" | "hidden"} State
 */

/** The one stream of a tab. ``onState`` is called when its state changes. */
export class Stream {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  #next = 1;
  #attempt = 0;
  /** @type {AbortController | null} */
  #request = null;
  #timer = 0;
  /** @type {State} */
  state = "idle";
  /** When something was heard last, in milliseconds; 0 for never. */
  heard = 0;
  /** When it is tried again, in milliseconds. */
  retryAt = 0;
  /** Why it was lost. */
  reason = "";
  /** Seconds since the gateway heard from etcd, as it said last. */
  staleness = 0;
  onState = () => {};

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    document.addEventListener("visibilitychange", () => this.#changed());
    addEventListener("online", () => this.retry());
    setInterval(() => {
      if (this.state === "open" && Date.now() - this.heard > SILENCE)
        this.#lost("the gateway has been silent for 40 s");
    }, 5000);
  }

  /**
   * Watch something until ``signal`` ends it. ``on`` gets each line of it, and ``{type: "opened"}`` whenever the stream
   * begins anew: what is listed again from there on replaces what was known, "listed" ends that. Cursors of logs are
   * kept here. Several calls within a moment cost one request.
   * @param {Wanted} wanted @param {(message: any) => void} on @param {AbortSignal} signal
   */
  subscribe(wanted, on, signal) {
    const id = `s${this.#next++}`;
    const entry = { wanted: { ...wanted }, on };
    this.#entries.set(id, entry);
    signal.addEventListener("abort", () => {
      this.#entries.delete(id);
      this.#changed();
    });
    this.#changed();
    return {
      /** Watch something else in its place; cursors that were reached are given up. @param {Wanted} other */
      change: (other) => {
        entry.wanted = { ...other };
        this.#changed();
      },
    };
  }

  /** Try again now. */
  retry() {
    this.#attempt = 0;
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
    if (!this.#entries.size) this.#set("idle");
    else if (document.hidden) this.#set("hidden");
    else this.#timer = window.setTimeout(() => this.#open(), 0);
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.onState();
  }

  /** @param {string} reason */
  #lost(reason) {
    this.#request?.abort();
    this.#request = null;
    clearTimeout(this.#timer);
    const pause = Math.min(LONGEST, FIRST * 2 ** this.#attempt++) * (0.75 + Math.random() / 2);
    this.reason = reason;
    this.retryAt = Date.now() + pause;
    this.#timer = window.setTimeout(() => this.#open(), pause);
    this.#set("lost");
  }

  async #open() {
    const request = (this.#request = new AbortController());
    const body = { subscriptions: [...this.#entries].map(([id, { wanted }]) => ({ id, ...wanted })) };
    if (this.state !== "lost") this.#set("connecting");
    try {
      const response = await this.session.fetch("watch", { method: "POST", body, signal: request.signal });
      this.heard = Date.now();
      this.staleness = 0;
      this.#set("open");
      for (const { on } of this.#entries.values()) on({ type: "opened" });
      await this.#read(response);
      if (this.#request === request) this.#lost("the gateway ended the stream");
    } catch (error) {
      if (this.#request !== request) return;
      const failed = error instanceof ApiError ? error : unreachable(error);
      const refused = failed.status >= 400 && failed.status < 500 && failed.status !== 429;
      if (!refused) return this.#lost(failed.message);
      // Asked again it would be refused again.
      this.#request = null;
      this.#set("idle");
      if (failed.status !== 401)
        for (const { on } of this.#entries.values()) on({ type: "error", error: failed, ended: true });
    }
  }

  /** @param {Response} response */
  async #read(response) {
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.heard = Date.now();
      this.#attempt = 0;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line) this.#tell(JSON.parse(line));
    }
  }

  /** @param {any} message */
  #tell(message) {
    if (message.type === "alive") this.staleness = message.staleness ?? 0;
    const entry = this.#entries.get(message.id);
    if (!entry) return;
    if (message.type === "cursor") (entry.wanted.cursors ??= {})[message.module] = message.cursor;
    if (message.type === "error") message.error = fromStatus(message.status);
    entry.on(message);
  }
}
