// Who asks: the token of this tab, what its role may, and requests that carry it. It goes into a header, nowhere else.

import { heard } from "./clock.js";
import { stored } from "./storage.js";

const KEY = "corvo-token";
const API = new URL("configs/diagnostics/v1/", document.baseURI);

/** An answer that is a failure, with the gateway's own words; status 0: there was no answer. */
export class ApiError extends Error {
  /** @param {number} status @param {string} title @param {string[]} messages @param {number} [retryAfter] seconds */
  constructor(status, title, messages, retryAfter = 0) {
    super(messages.join("; ") || title);
    this.status = status;
    this.title = title;
    this.retryAfter = retryAfter;
  }
}

/** @param {unknown} error */
const wordsOf = (error) => String(error instanceof Error ? error.message : error);

/** @param {unknown} error of a request, or of reading its answer @returns {ApiError} */
export function unreachable(error) {
  return new ApiError(0, "No answer", ["the gateway cannot be reached", wordsOf(error)]);
}

/** @param {unknown} error @returns {ApiError} */
export function asApiError(error) {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "Not shown", ["this page cannot show what was answered", wordsOf(error)]);
}

/**
 * @typedef {{name: string, role: string, selector: string, queries: Record<string, boolean>, may: Record<string, boolean>,
 *   routes: Record<string, boolean>, gateway: {id: string, version: string, started: string, modules: number}}} Whoami
 */

/** The token and what may be done with it. ``onUnauthorised`` is called when the gateway wants another one. */
export class Session {
  token = stored("sessionStorage")?.getItem(KEY) ?? "";
  /** @type {Whoami | null} */
  who = null;
  onUnauthorised = (/** @type {ApiError} */ _error) => {};

  /** Take a token, and ask who it is; raises ApiError, and the token is forgotten then. @param {string} [token] */
  async open(token) {
    if (token !== undefined) this.token = token.trim();
    this.who = /** @type {Whoami} */ (await this.json("whoami"));
    if (this.token) stored("sessionStorage")?.setItem(KEY, this.token);
  }

  /** Forget the token. */
  close() {
    stored("sessionStorage")?.removeItem(KEY);
    this.token = "";
    this.who = null;
  }

  /**
   * Why something may not be done: "" when it may. ``what``: a key of whoami's ``may`` or ``routes``, or a query such as Profile.
   * @param {string} what
   */
  refusal(what) {
    const may = this.who?.may[what] ?? this.who?.queries[what] ?? this.who?.routes[what];
    if (may) return "";
    return `Read only: ${this.who?.name || "you"} (${this.who?.role ?? "no role"}) may not do this (${what}).`;
  }

  /**
   * The response to a request below the API's path; raises ApiError for what is no success.
   * @param {string} path @param {{method?: string, body?: unknown, signal?: AbortSignal, query?: Record<string, string | string[]>}} [options]
   */
  async fetch(path, { method = "GET", body, signal, query = {} } = {}) {
    const url = new URL(path, API);
    for (const [key, value] of Object.entries(query))
      for (const each of [value].flat()) url.searchParams.append(key, each);
    /** @type {Record<string, string>} */
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? undefined : JSON.stringify(body);
    /** @type {RequestInit} */
    const options = { method, headers, body: sent, signal, cache: "no-store", credentials: "omit" };
    const response = await fetch(url, options).catch((error) => {
      if (signal?.aborted) throw error;
      throw unreachable(error);
    });
    heard(response.headers.get("Date"));
    if (response.ok) return response;
    const failed = await failure(response);
    // While there is no one yet, the form is asked, and tells it itself.
    if (failed.status === 401 && this.who) this.onUnauthorised(failed);
    throw failed;
  }

  /** The JSON of an answer; see ``fetch``. @param {string} path @param {Parameters<Session["fetch"]>[1]} [options] @returns {Promise<any>} */
  async json(path, options) {
    const response = await this.fetch(path, options);
    const text = await response.text().catch((error) => {
      if (options?.signal?.aborted) throw error;
      throw unreachable(error);
    });
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      const whole = `what was answered is no JSON, as if it were cut or not of a gateway: ${text.slice(0, 200)}`;
      throw new ApiError(response.status, "Not understood", [whole]);
    }
  }

  /** Save what a path answers as a file. @param {string} path @param {string} name */
  async download(path, name) {
    save(await (await this.fetch(path)).blob(), name);
  }
}

/** Let the browser save bytes as a file. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Later: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {Response} response */
async function failure(response) {
  const text = await response.text().catch(() => "");
  const later = Number(response.headers.get("Retry-After")) || 0;
  try {
    return fromStatus(JSON.parse(text), response.status, later);
  } catch {
    return new ApiError(response.status, response.statusText, [text.slice(0, 500).trim()].filter(Boolean), later);
  }
}

/** The error that a Status object of the API tells. @param {any} status @param {number} [code] @param {number} [later] */
export function fromStatus(status, code = 0, later = 0) {
  return new ApiError(status.code ?? code, status.result?.Str ?? "", [status.message ?? []].flat().map(String), later);
}
