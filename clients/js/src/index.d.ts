/** What a token is wanted for. */
export interface Wanted {
  /** The account. Needed only if several are signed in. */
  account?: string;
  /** A resource that the token is for (RFC 8707). */
  resource?: string | string[];
  /** An audience that the token is for. */
  audience?: string | string[];
  scope?: string | string[];
  /** `false` does not count as use of the session. */
  activity?: boolean;
  /** Shown in the question that Abide asks about your program, marked as your program's own words. */
  reason?: string;
  /** How long the token must still be valid, in seconds. */
  minValidity?: number;
  /** Method and address of the request, for tokens that are bound to a key (RFC 9449), and the server's last `DPoP-Nonce`. */
  htm?: string;
  htu?: string;
  nonce?: string;
  signal?: AbortSignal;
}

/** An access token. */
export interface Token {
  access_token: string;
  token_type: "Bearer" | "DPoP";
  /** Seconds. */
  expires_in: number;
  /** Unix seconds. */
  expires_at: number;
  scope: string;
  account: string;
  issuer: string;
  /** The proof for the request, if the token is bound to a key. */
  dpop: string | null;
}

/** The state of a session. docs/local-endpoint.md describes all of it. */
export interface Session {
  account: string;
  state: "signed_out" | "authorizing" | "active" | "expiring" | "ended";
  /** Seconds until the nearest limit. */
  expires_in: number | null;
  limit: "idle" | "absolute" | "provider" | "access_token" | null;
  can_be_kept: boolean;
  /** Why it ended. */
  ended: string | null;
  frozen: boolean;
  [more: string]: unknown;
}

/** The claims about the user. */
export interface Claims {
  account: string;
  issuer: string;
  mapped: Record<string, unknown>;
  read_at: number | null;
  claims: Record<string, unknown>;
}

/** The agent has refused, or there is no answer. */
export class AbideError extends Error {
  /**
   * One of the codes of the local endpoint; or `agent_not_running`; `agent_not_proved`, if what answers is not the agent that made the
   * key; `answer_too_long`, `answer_unreadable`, `keep_failed`, `logout_failed`; in a page `loopback_denied`.
   */
  readonly code: string;
  /** With `consent_required`: why this program is not allowed. */
  readonly case: string | null;
}

export interface Options {
  /** A key that signs requests. Default: `ABIDE_KEY`. Without one the socket is used, and the user is asked about this program. */
  key?: string;
  /** The address over TCP. Default: `ABIDE_ADDRESS`, or that in `endpoint.json`. */
  address?: string;
  /** The socket, if it is not in the usual place. */
  socket?: string;
  /** Milliseconds. Default: 60,000, because the user has 45 seconds to answer. */
  timeout?: number;
  /** The command `abide`, which `logout` runs. */
  command?: string;
}

/** The agent of this user. */
export class Abide {
  constructor(options?: Options);
  /** An access token. */
  token(wanted?: Wanted): Promise<Token>;
  /** A token after the stronger sign-in that a server asks for in `WWW-Authenticate` (RFC 9470). */
  stronger(wwwAuthenticate: string | string[], wanted?: Wanted): Promise<Token>;
  /** Counts as use of the session: the idle time begins again. */
  activity(account?: string): Promise<void>;
  sessions(): Promise<{ accounts: Session[]; [more: string]: unknown }>;
  session(account: string): Promise<Session>;
  claims(account: string): Promise<Claims>;
  /** The state of the session now, and each change of it. */
  events(account: string, options?: { signal?: AbortSignal }): AsyncGenerator<Session, void, void>;
  /** Extends the session, with the command `abide`. */
  keep(account?: string): Promise<void>;
  /** Signs out, with the command `abide`. */
  logout(account?: string): Promise<void>;
  /**
   * A `fetch` that adds a token to requests to this origin, and to no other. After a 401 it sends the request once more, if there is a
   * newer token.
   * @throws TypeError if the origin is neither https nor on this computer.
   */
  fetch(origin: string, wanted?: Wanted, send?: typeof globalThis.fetch): typeof globalThis.fetch;
  /**
   * Adds tokens to requests of this instance of axios to this origin, and to no other, as `fetch` does. Returns a function that takes the
   * interceptors away again.
   * @throws TypeError if the origin is neither https nor on this computer.
   */
  axios(instance: AxiosLike, origin: string, wanted?: Wanted): () => void;
}

/** What is used of axios. */
export interface AxiosLike {
  getUri(config?: any): string;
  request(config: any): Promise<any>;
  interceptors: { request: InterceptorsLike; response: InterceptorsLike };
}

/** The interceptors of axios. */
export interface InterceptorsLike {
  use(onFulfilled?: any, onRejected?: any): number;
  eject(id: number): void;
}
