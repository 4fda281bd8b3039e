import type { Abide } from "./index.js";

/** Which session the pages of a server show. */
export interface ServerOptions {
  /** The account whose session the page shows. */
  account: string;
  /** Where the page asks. Default: `/abide`. */
  path?: string;
}

/**
 * A handler for `http.createServer`, or a middleware for Vite, Express and Connect, on a server for this computer only. It answers
 * `GET /abide/events`, `POST /abide/keep` and `POST /abide/logout`, for pages of this server and for no others. A page does not get these
 * from Abide itself, because only the user's own programs see and end sessions. It never passes a token on.
 *
 * `request` and `response` are those of `node:http`.
 */
export function abideServer(abide: Abide, options: ServerOptions): (request: any, response: any, next?: () => void) => void;
