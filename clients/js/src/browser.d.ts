import type { AbideError, AxiosLike, Session, Token, Wanted } from "./index.js";

export { AbideError } from "./index.js";

/** How a page reaches Abide. */
export interface PageOptions {
  /** The account. */
  account?: string;
  /** Abide's address. Default: `http://127.0.0.1:47600`. */
  address?: string;
  /** Where the page's own server has `abideServer`. Default: `/abide`. */
  server?: string;
  /** How long a request waits, in milliseconds. Default: 60,000, because the user has 45 seconds to answer. */
  timeout?: number;
}

/** What a page learns of the session. */
export interface PageSession
  extends Pick<Session, "account" | "state" | "expires_in" | "limit" | "can_be_kept" | "ended" | "frozen"> {
  /** When it ends, in the milliseconds of `Date.now()`. */
  endsAt: number | null;
}

/** The texts of the question. `{time}` is where the time left goes. */
export interface Texts {
  /** The heading. */
  title?: string;
  /** What is said below it. */
  text?: string;
  /** The button that keeps the session. */
  yes?: string;
  /** The button that signs out. */
  no?: string;
  /** Shown if the answer could not be carried out. */
  failed?: string;
}

/** Abide, for a page on this computer. Tokens come from Abide itself; the session comes from the page's own server (`abideServer`). */
export class AbidePage {
  constructor(options?: PageOptions);
  /** Whether the browser lets this page reach programs on this computer. `unknown`: it does not ask. */
  permission(): Promise<PermissionState | "unknown">;
  /**
   * An access token. The browser may ask its user first, and Abide asks the user about this page.
   * @throws AbideError with `loopback_denied` if the browser refuses. In a frame, offer a button with `openTopLevel`.
   */
  token(wanted?: Wanted): Promise<Token>;
  /** Counts as use of the session: the idle time begins again. */
  activity(): Promise<void>;
  /** A `fetch` that adds a token to requests to this origin, and to no other. */
  fetch(origin: string, wanted?: Wanted, send?: typeof globalThis.fetch): typeof globalThis.fetch;
  /** Adds tokens to requests of this instance of axios to this origin. Returns a function that takes the interceptors away again. */
  axios(instance: AxiosLike, origin: string, wanted?: Wanted): () => void;
  /** Extends the session. */
  keep(): Promise<void>;
  /** Signs out, in all tabs and programs. */
  logout(): Promise<void>;
  /**
   * Shows the session now, and each change of it. Before it ends, one tab asks "Keep session?"; the answer holds for all tabs, and the
   * question closes when another program uses the session. Returns a function that ends this.
   */
  watch(
    show?: (session: PageSession) => void,
    options?: { question?: boolean; texts?: Texts; signal?: AbortSignal },
  ): () => void;
  /** Opens the page in a tab of its own, where the browser can ask for the permission. Call it from a click. */
  openTopLevel(url?: string): Window | null;
}

/** Seconds until a time, which never go below zero. */
export function secondsUntil(time: number): number;
/** Minutes and seconds, such as `2:05`. */
export function clock(seconds: number): string;
