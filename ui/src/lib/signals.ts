// The signals by which Abide learns that the provider's session has ended, in words. They are named as in
// crates/cli/src/view/signals.rs; a test compares them.
import { ago } from "./text";
import type { SessionStatus, Signal, SignalState } from "./wire";

/** The name of a signal. */
export const SIGNAL: Record<Signal, string> = {
  iframe: "browser tab",
  refresh: "renewals",
  introspection: "token introspection",
  userinfo: "UserInfo",
  frontchannel: "front-channel logout",
  backchannel: "back-channel logout",
  events: "security events",
};

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
  return status.signals.map(({ signal, state, heard_at }) => ({
    signal,
    name: SIGNAL[signal].charAt(0).toUpperCase() + SIGNAL[signal].slice(1),
    text: heard_at !== null && state === "works" ? `works, last signal ${ago(nowUnix - heard_at)}` : words(signal, state),
    lost: state === "blocked" || state === "closed" || state === "failed" || state === "unclear",
    canOpen: signal === "iframe" && state === "closed",
  }));
}

function words(signal: Signal, state: SignalState): string {
  switch (state) {
    case "waiting":
      // These are silent until the session ends.
      return signal === "frontchannel" || signal === "backchannel" ? "waiting" : "no signal yet";
    case "works":
      return "works";
    case "blocked":
      return "blocked: your browser hides the provider’s cookie from this tab";
    case "closed":
      return "closed or suspended";
    case "unclear":
      return "unclear: the provider does not say who is signed in";
    case "failed":
      return "failed";
    case "not_offered":
      return "not offered by the provider";
  }
}
