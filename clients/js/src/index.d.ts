/** What a token is wanted for. */
export interface Wanted {
  /** The account. Needed only if several are signed in. */
  account?: string;
  /** A resource that the token is for (RFC 8707). */
  resource?: string | string[];
  /** An audience that the token is for. */
  audience?: string | string[];
  /** The scopes of the token, a part of those of the session. */
  scope?: string | string[];
  /** `false` does not count as use of the session. */
  activity?: boolean;
  /** Shown in the question that Abide asks about your program, marked as your program's own words. */
  reason?: string;
  /** How long the token must still be valid, in seconds. */
  minValidity?: number;
  /** The method of the request, for a token that is bound to a key (RFC 9449, section 4.2). */
  htm?: string;
  /** The address of the request, without query and fragment (RFC 9449, section 4.2). */
  htu?: string;
  /** The server's last `DPoP-Nonce` (RFC 9449, section 9). */
  nonce?: string;
  /** Gives up the request. */
  signal?: AbortSignal;
}

/** An access token. */
export interface Token {
  /** The token itself. */
  access_token: string;
  /** What comes before the token in `Authorization`. */
  token_type: "Bearer" | "DPoP";
  /** How long it is valid, in seconds. */
  expires_in: number;
  /** Until when it is valid, in seconds since 1970. */
  expires_at: number;
  /** Its scopes, separated by spaces. */
  scope: string;
  /** The account whose token it is. */
  account: string;
  /** The provider that issued it. */
  issuer: string;
  /** The proof for the request, if the token is bound to a key. */
  dpop: string | null;
}

/** The state of a session. docs/local-endpoint.md describes all of it. */
export interface Session {
  /** The account. */
  account: string;
  /** `expiring`: Abide asks "Keep session?" now. */
  state: "signed_out" | "authorizing" | "active" | "expiring" | "ended";
  /** Seconds until the nearest limit. */
  expires_in: number | null;
  /** Which limit that is. */
  limit: "idle" | "absolute" | "provider" | "access_token" | null;
  /** Whether `keep` moves that limit. */
  can_be_kept: boolean;
  /** Why it ended. */
  ended: string | null;
  /** Whether no token is given out, because the screen is locked. */
  frozen: boolean;
  [more: string]: unknown;
}

/** The claims about the user. */
export interface Claims {
  /** The account. */
  account: string;
  /** The provider that made them. */
  issuer: string;
  /** Whether the names come from the mapping in the configuration of the account. */
  mapped: boolean;
  /** When they were read, in seconds since 1970. */
  read_at: number | null;
  /** The claims by name. */
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

/** How the agent is reached. */
export interface Options {
  /** A key that signs requests. Default: `ABIDE_KEY`. Without one the socket is used, and the user is asked about this program. */
  key?: string;
  /** The address over TCP. Default: `ABIDE_ADDRESS`, or that in `endpoint.json`. */
  address?: string;
  /** The socket, if it is not in the usual place. */
  socket?: string;
  /** How long a request waits, in milliseconds. Default: 60,000, because the user has 45 seconds to answer. */
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
  /** The sessions of all accounts. */
  sessions(): Promise<{
    /** One for each account, in the order of the configuration. */
    accounts: Session[];
    [more: string]: unknown;
  }>;
  /** The session of one account. */
  session(account: string): Promise<Session>;
  /** The claims about the user of an account. */
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
  /** The address of a request. */
  getUri(config?: any): string;
  /** Sends a request. */
  request(config: any): Promise<any>;
  /** Where requests and answers pass. */
  interceptors: {
    /** Before a request is sent. */
    request: InterceptorsLike;
    /** When an answer has come. */
    response: InterceptorsLike;
  };
}

/** The interceptors of axios. */
export interface InterceptorsLike {
  /** Adds one, and returns its number. */
  use(onFulfilled?: any, onRejected?: any): number;
  /** Takes one away. */
  eject(id: number): void;
}
