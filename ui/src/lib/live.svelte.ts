import { asWindowError, type Host } from "./host";
import { text } from "./locale.svelte";
import { announcement, questionAloud } from "./text";
import { untilNextChange } from "./time";
import { request } from "./tools";
import type { Snapshot, WindowError } from "./wire";

/** The newest snapshot and the time since it came. The window has no other state of the program. */
export class Live {
  snapshot = $state.raw<Snapshot | null>(null);
  /** Seconds since the snapshot came. */
  elapsed = $state(0);
  /** Now, in Unix seconds. */
  now = $state(0);
  failure = $state.raw<WindowError | null>(null);
  /** For screen readers: what has changed, and the question once. */
  said = $state("");
  asked = $state("");

  #receivedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Listens first and asks then, so that no change falls between. Returns the function that ends it. */
  start(host: Host): () => void {
    let stopped = false;
    let unwatch: (() => void) | undefined;
    const tick = () => this.#tick();
    document.addEventListener("visibilitychange", tick);
    void (async () => {
      try {
        unwatch = await host.watch((snapshot) => !stopped && this.#receive(snapshot));
        if (stopped) return unwatch();
        const first = await host.snapshot();
        // A snapshot that came as an event in the meantime is newer than this answer.
        if (!stopped && this.snapshot === null) this.#receive(first);
      } catch (reason) {
        if (!stopped) this.failure = asWindowError(reason);
      }
    })();
    return () => {
      stopped = true;
      unwatch?.();
      clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }

  #receive(snapshot: Snapshot): void {
    const before = this.snapshot;
    this.failure = null;
    this.#receivedAt = performance.now();
    this.snapshot = snapshot;
    if (before !== null) {
      const news = snapshot.accounts
        .map((after) => announcement(before.accounts.find((a) => a.account === after.account), after))
        .filter((sentence) => sentence !== "");
      const asks = (snapshot.consents ?? []).filter((question) => !before.consents?.some((old) => old.id === question.id));
      news.push(...asks.map((question) => text("said-consent", { request: request(question) })));
      if (news.length > 0) this.said = news.join(" ");
    }
    const fresh = snapshot.questions.filter((question) => !before?.questions.some((old) => old.id === question.id));
    if (fresh.length > 0) this.asked = fresh.map(questionAloud).join(" ");
    else if (snapshot.questions.length === 0) this.asked = "";
    this.#tick();
  }

  #tick(): void {
    clearTimeout(this.#timer);
    if (this.snapshot === null) return;
    this.elapsed = (performance.now() - this.#receivedAt) / 1000;
    this.now = Math.floor(Date.now() / 1000);
    const wait = untilNextChange(this.snapshot, this.elapsed);
    // A little late rather than a little early: early would show the same figure again.
    if (wait !== null) this.#timer = setTimeout(() => this.#tick(), wait * 1000 + 5);
  }
}
