// Tokens and the session for a page on this computer. The types are in browser.d.ts.

import { AbideError, notRunning } from "./errors.js";
import { Question, clock, secondsUntil } from "./question.js";
import { axiosWith, fetchWith } from "./requests.js";
import { tokenTarget } from "./target.js";

export { AbideError, clock, secondsUntil };

/** The permission's name in the specification, and the earlier one. */
const PERMISSIONS = ["loopback-network", "local-network-access"];

/** A request that says where it goes (Local Network Access): with the name of the specification, or the earlier one. */
function loopbackRequest(url, init) {
  for (const targetAddressSpace of ["loopback", "local"]) {
    try {
      return new Request(url, { ...init, targetAddressSpace });
    } catch {
      // A browser that knows other names.
    }
  }
  return new Request(url, init);
}

/** Runs `work` in one tab at a time, until `signal` ends. Without Web Locks each tab is on its own. */
function inOneTab(name, signal, work) {
  if (!navigator.locks) return void work();
  const held = () => (signal.aborted ? undefined : (work(), new Promise((end) => signal.addEventListener("abort", end))));
  navigator.locks.request(name, { signal }, held).catch(() => {});
}

export class AbidePage {
  #account;
  #address;
  #server;
  #timeout;

  constructor({ account, address = "http://127.0.0.1:47600", server = "/abide", timeout = 60_000 } = {}) {
    this.#account = account;
    this.#address = address;
    this.#server = server;
    this.#timeout = timeout;
  }

  async permission() {
    for (const name of PERMISSIONS) {
      try {
        return (await navigator.permissions.query({ name })).state;
      } catch {
        // A browser that knows another name, or asks for no permission.
      }
    }
    return "unknown";
  }

  async token(wanted = {}) {
    if ((await this.permission()) === "denied") throw denied();
    const limit = AbortSignal.timeout(this.#timeout);
    const signal = wanted.signal ? AbortSignal.any([wanted.signal, limit]) : limit;
    const target = tokenTarget({ account: this.#account, ...wanted });
    const request = loopbackRequest(this.#address + target, { credentials: "omit", cache: "no-store", redirect: "error", signal });
    let answer;
    try {
      answer = await fetch(request);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if ((await this.permission()) === "denied") throw denied();
      throw notRunning(`Abide did not answer (${error.message}).`);
    }
    const content = await answer.json().catch(() => undefined);
    if (content === undefined) throw new AbideError("answer_unreadable", "The answer is not JSON.");
    if (!answer.ok) throw new AbideError(content.error ?? "refused", content.error_description ?? "Refused.", content.case);
    return content;
  }

  async activity() {
    await this.token();
  }

  fetch(origin, wanted = {}, send = globalThis.fetch.bind(globalThis)) {
    return fetchWith((wish) => this.token(wish), origin, wanted, send);
  }

  axios(instance, origin, wanted = {}) {
    return axiosWith((wish) => this.token(wish), instance, origin, wanted, location.href);
  }

  async keep() {
    await this.#post("keep");
  }

  async logout() {
    await this.#post("logout");
  }

  async #post(name) {
    const answer = await fetch(`${this.#server}/${name}`, { method: "POST" });
    if (answer.ok) return;
    const content = await answer.json().catch(() => ({}));
    throw new AbideError(content.error ?? `${name}_failed`, content.error_description ?? `The server answered with ${answer.status}.`);
  }

  /** One tab listens to the server, and all tabs hear it: a browser opens only a few connections to one server. */
  #listen(over, hear) {
    const name = `abide-client ${this.#server} ${this.#account}`;
    const channel = new BroadcastChannel(name);
    over.addEventListener("abort", () => channel.close());
    let last;
    let leads = false;
    channel.onmessage = ({ data }) => {
      if (data !== "hello") hear(data);
      else if (leads && last) channel.postMessage(last);
    };
    channel.postMessage("hello");
    inOneTab(name, over, () => {
      leads = true;
      const source = new EventSource(`${this.#server}/events`);
      over.addEventListener("abort", () => source.close());
      source.onmessage = ({ data }) => {
        const session = JSON.parse(data);
        const endsAt = session.expires_in === null ? null : Date.now() + session.expires_in * 1000;
        last = { ...session, endsAt };
        hear(last);
        channel.postMessage(last);
      };
    });
  }

  watch(show = () => {}, { question = true, texts = {}, signal } = {}) {
    const over = new AbortController();
    const stop = () => over.abort();
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    const asking = question ? new Asking(this, `abide-client question ${this.#account}`, texts, over.signal) : undefined;
    this.#listen(over.signal, (session) => {
      asking?.hear(session);
      show(session);
    });
    return stop;
  }

  openTopLevel(url = location.href) {
    return window.open(url, "_blank");
  }
}

const denied = () =>
  new AbideError(
    "loopback_denied",
    window.top === window
      ? "The browser does not let this page reach programs on this computer. Allow it in the settings of this site."
      : "The browser does not let this page reach programs on this computer, because it is inside another page. Open it in a tab of its own.",
  );

/** The question, in one tab at a time: when that tab closes, the next one asks. */
class Asking {
  #page;
  #lock;
  #texts;
  #question;
  #turn;
  #endsAt;

  constructor(page, lock, texts, signal) {
    this.#page = page;
    this.#lock = lock;
    this.#texts = texts;
    signal.addEventListener("abort", () => this.#close());
  }

  hear({ state, can_be_kept, endsAt }) {
    if (state !== "expiring" || !can_be_kept || endsAt === null) return this.#close();
    this.#endsAt = endsAt;
    this.#question?.update(endsAt);
    if (this.#turn) return;
    this.#turn = new AbortController();
    inOneTab(this.#lock, this.#turn.signal, () => this.#ask());
  }

  #ask() {
    const [yes, no] = [() => this.#page.keep(), () => this.#page.logout()];
    this.#question = new Question({ endsAt: this.#endsAt, texts: this.#texts, yes, no });
  }

  #close() {
    this.#question?.close();
    this.#question = undefined;
    this.#turn?.abort();
    this.#turn = undefined;
  }
}
