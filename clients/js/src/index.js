// Access tokens from Abide, the session keeper on this computer. The types are in index.d.ts.

import { execFile } from "node:child_process";
import path from "node:path";

import { TIMEOUT, addressIn, overSocket, runtimeFolder, signed } from "./endpoint.js";
import { AbideError, notRunning } from "./errors.js";
import { axiosWith, fetchWith } from "./requests.js";
import { Key } from "./signing.js";
import { tokenTarget } from "./target.js";

export { AbideError };

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

  async keep(account) {
    await this.#run("keep", account);
  }

  async logout(account) {
    await this.#run("logout", account);
  }

  fetch(origin, wanted = {}, send = globalThis.fetch) {
    return fetchWith((wish) => this.token(wish), origin, wanted, send);
  }

  axios(instance, origin, wanted = {}) {
    return axiosWith((wish) => this.token(wish), instance, origin, wanted);
  }

  /** Extending and ending a session is the user's: the command does it. */
  async #run(name, account) {
    const given = [name, ...(account ? ["--account", account] : [])];
    await new Promise((resolve, reject) => {
      execFile(this.#command, given, (error, _, stderr) => {
        if (error) reject(new AbideError(`${name}_failed`, stderr.trim() || error.message));
        else resolve();
      });
    });
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
