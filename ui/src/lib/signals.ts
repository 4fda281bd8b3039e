// By which signals the end of the provider's session would be noticed, in words. What tells is named as in
// crates/cli/src/signals.rs, and a test holds that.
import { ago } from "./text";
import type { SessionStatus, Signal, SignalState } from "./wire";

/** Who or what tells. Tokens renew in the window, and refresh in the terminal. */
export const SIGNAL: Record<Signal, string> = {
  iframe: "tab in the browser",
  refresh: "renewals",
  introspection: "questions about the token",
  userinfo: "questions about you",
  frontchannel: "logout page in the browser",
  backchannel: "logout messages",
  events: "security events",
};

/** One way in which an end would be noticed, and how well it works. */
export interface Watched {
  signal: Signal;
  name: string;
  text: string;
  /** Whether it does not tell although it should. */
  lost: boolean;
  /** Whether the tab can be opened again. */
  canOpen: boolean;
}

/** The signals that are listened to; none where nobody is signed in. */
export function watched(status: SessionStatus, nowUnix: number): Watched[] {
  return status.signals.map(({ signal, state, heard_at }) => ({
    signal,
    name: SIGNAL[signal].charAt(0).toUpperCase() + SIGNAL[signal].slice(1),
    text: heard_at !== null && state === "works" ? `works, heard ${ago(nowUnix - heard_at)}` : words(signal, state),
    lost: state === "blocked" || state === "closed" || state === "failed",
    canOpen: signal === "iframe" && state === "closed",
  }));
}

function words(signal: Signal, state: SignalState): string {
  switch (state) {
    case "waiting":
      // These are silent until there is something to tell.
      return signal === "frontchannel" || signal === "backchannel" ? "waiting for word" : "nothing heard yet";
    case "works":
      return "works";
    case "blocked":
      return "your browser hides the provider’s cookie from it, so it cannot tell";
    case "closed":
      return "closed, or asleep";
    case "failed":
      return "tried without result";
    case "not_offered":
      return "not offered by the provider";
  }
}
