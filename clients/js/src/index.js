// Access tokens from Abide, the session keeper on this computer. The types are in index.d.ts.

import { execFile } from "node:child_process";
import path from "node:path";

import { TIMEOUT, addressIn, overSocket, runtimeFolder, signed } from "./endpoint.js";
import { AbideError, notRunning } from "./errors.js";
import { Key } from "./signing.js";

export { AbideError };

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
const TOKEN = ["account", "resource", "audience", "scope", "reason", "minValidity", "htm", "htu", "nonce"];

function tokenTarget(wanted) {
  const query = new URLSearchParams();
  for (const name of TOKEN) {
    const values = [wanted[name] ?? []].flat();
    if (name === "scope" && values.length > 0) query.append(name, values.join(" "));
    else for (const value of values) query.append(name === "minValidity" ? "min_validity" : name, String(value));
  }
  if (wanted.activity === false) query.append("activity", "none");
  return query.size === 0 ? "/v1/token" : `/v1/token?${query}`;
}

export class Abide {
  #key;
  #address;
  #socket;
  #timeout;
  #command;

  constructor({ key = process.env.ABIDE_KEY, address, socket, timeout = TIMEOUT, command = "abide" } = {}) {
    this.#key = key ? new Key(key) : undefined;
    this.#address = address;
    this.#socket = socket;
    this.#timeout = timeout;
    this.#command = command;
    if (!key && process.platform === "win32") {
      throw new TypeError("On Windows this library needs a key: `abide clients allow NAME` makes one.");
    }
  }

  async token(wanted = {}) {
    return this.#ask("GET", tokenTarget(wanted), undefined, wanted.signal);
  }

  async stronger(wwwAuthenticate, wanted = {}) {
    return this.#ask("POST", tokenTarget(wanted), { www_authenticate: wwwAuthenticate }, wanted.signal);
  }

  async activity(account) {
    await this.token({ account });
  }

  async sessions() {
    return this.#ask("GET", "/v1/sessions");
  }

  async session(account) {
    return this.#ask("GET", `/v1/sessions/${encodeURIComponent(account)}`);
  }

  async claims(account) {
    return this.#ask("GET", `/v1/claims/${encodeURIComponent(account)}`);
  }

  async *events(account, { signal } = {}) {
    yield* await this.#ask("GET", `/v1/sessions/${encodeURIComponent(account)}/events`, undefined, signal, true);
  }

  async logout(account) {
    // Ending a session is the user's: the command does it.
    const given = ["logout", ...(account ? ["--account", account] : [])];
    await new Promise((resolve, reject) => {
      execFile(this.#command, given, (error, _, stderr) => {
        if (error) reject(new AbideError("logout_failed", stderr.trim() || error.message));
        else resolve();
      });
    });
  }

  fetch(origin, wanted = {}, send = globalThis.fetch) {
    const allowed = new URL(origin);
    if (allowed.protocol !== "https:" && !LOCAL.has(allowed.hostname)) {
      throw new TypeError("Tokens are sent over https, or to this computer.");
    }
    return async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      if (url.origin !== allowed.origin) return send(request);
      const htu = url.origin + url.pathname;
      const token = await this.token({ ...wanted, htm: request.method, htu, signal: request.signal });
      request.headers.set("Authorization", `${token.token_type} ${token.access_token}`);
      if (token.dpop) request.headers.set("DPoP", token.dpop);
      return send(request);
    };
  }

  async #ask(method, target, content, signal, lasts = false) {
    const limits = [signal, lasts ? undefined : AbortSignal.timeout(this.#timeout)].filter(Boolean);
    const asked = { method, target, content, signal: limits.length > 1 ? AbortSignal.any(limits) : limits[0] };
    const folder = runtimeFolder();
    if (!this.#key) {
      const socket = this.#socket ?? (folder && path.join(folder, "abide.sock"));
      if (!socket) throw notRunning("The home folder of this user is not known.");
      return overSocket(socket, asked);
    }
    const address = this.#address ?? process.env.ABIDE_ADDRESS ?? (folder && (await addressIn(folder)));
    if (!address) throw notRunning("The home folder of this user is not known.");
    return signed(address, this.#key, asked);
  }
}
