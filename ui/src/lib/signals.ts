// The signals by which Abide learns that the provider's session has ended, in words. They are named as in
// crates/cli/src/view/signals.rs; a test compares them.
import { capital, text } from "./locale.svelte";
import { ago } from "./time-words";
import type { SessionStatus, Signal, SignalState } from "./wire";

/** A signal, and how well it works. */
export interface Watched {
  signal: Signal;
  name: string;
  text: string;
  /** Whether it should work, but does not. */
  lost: boolean;
  /** Whether the tab can be opened again. */
  canOpen: boolean;
}

/** The watched signals; empty while signed out. */
export function watched(status: SessionStatus, nowUnix: number): Watched[] {
  return status.signals.map(({ signal, state, heard_at, code }) => ({
    signal,
    name: capital(text(`signal-${signal}`)),
    text: heard_at !== null && state === "works" ? text("signal-state-works-last", { ago: ago(nowUnix - heard_at) }) : words(signal, state, code),
    lost: state === "blocked" || state === "closed" || state === "failed" || state === "unclear",
    canOpen: signal === "iframe" && state === "closed",
  }));
}

function words(signal: Signal, state: SignalState, code?: string): string {
  if (state === "failed" && code) return text("signal-state-failed-code", { code });
  // These are silent until the session ends.
  if (state === "waiting" && signal !== "frontchannel" && signal !== "backchannel") return text("signal-state-none");
  return text(`signal-state-${state}`);
}
