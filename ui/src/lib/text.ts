// The texts of the window. Durations, reasons and limits are worded as in crates/wire/src/text.rs; a test compares them.
import type { EndReason, Limit, ProviderEnd, Question, SessionStatus, Signal, SignOutPage } from "./wire";

/** The issuer of the built-in demo provider, which runs while no account is configured. */
export const DEMO_ISSUER = "http://127.0.0.1:47610";

export const ENDED: Record<EndReason, string> = {
  user_logout: "you signed out",
  idle_timeout: "no answer to “keep session?”",
  absolute_timeout: "the session reached its longest time",
  provider_timeout: "the provider’s time limit for a session was reached",
  access_token_expired: "the access token expired, and the provider gave no refresh token",
  declined: "you answered No to “keep session?”",
  provider_logout: "the provider ended its session",
  refresh_rejected: "the provider no longer accepts this session",
  screen_locked: "the screen was locked",
  account_removed: "the account was removed from the configuration, or replaced there",
};

/** What to do after an end; empty where the button says it. */
export const AFTER_END: Record<EndReason, string> = {
  user_logout: "",
  idle_timeout: "Sign in again. If this happens too early, set a longer time in the settings.",
  absolute_timeout: "Sign in again for a new session.",
  provider_timeout: "Sign in again. Only your provider can change this limit.",
  access_token_expired: "Sign in again. Ask your provider for refresh tokens (offline access) to stay signed in longer.",
  declined: "",
  provider_logout: "Sign in again when you need it.",
  refresh_rejected: "Sign in again. If it happens often, ask your provider how long its sessions last.",
  screen_locked: "Sign in again. The settings say what a locked screen does.",
  account_removed: "",
};

/** The evidence for the end of the provider's session. */
export const ENDED_BY: Record<Signal, string> = {
  iframe: "seen in your browser",
  refresh: "it refused a renewal",
  introspection: "found by token introspection",
  userinfo: "found by asking UserInfo",
  frontchannel: "its page in your browser notified Abide",
  backchannel: "it sent a logout notification",
  events: "it sent a security event",
};

/** The state of the provider's session after the one in Abide has ended. */
export const PROVIDER_END: Record<ProviderEnd, string> = {
  pending: "{provider} could not be notified yet. Abide will try again.",
  local_only: "You are signed out of Abide only. {provider} was not notified.",
  ended: "{provider} no longer accepts this session.",
  goes_on: "You are signed out of Abide, but {provider} still accepts the old tokens.",
  unchecked: "{provider} was notified. Abide could not check whether it ended the session.",
  shared: "Another account uses the same session at {provider}, so its tokens were not revoked.",
};

export const LIMIT: Record<Limit, string> = {
  idle: "idle",
  absolute: "longest session",
  provider: "provider’s limit",
  access_token: "access token",
};

/** Why a session cannot be extended: the rest of a sentence. */
export const CANNOT_BE_KEPT: Record<Limit, string> = {
  absolute: "it reaches its longest time. Sign in again after that.",
  provider: "the provider’s time limit cannot be moved. Sign in again after that.",
  access_token: "the provider gave no refresh token. Sign in again after that.",
  idle: "nothing has used it.",
};

/** A duration in words: `58 s`, `2 min 58 s`, `3 h 5 min`, `2 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pair = (a: number, unitA: string, b: number, unitB: string) =>
    b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) return pair(days, "d", hours, "h");
  if (hours > 0) return pair(hours, "h", minutes, "min");
  if (minutes > 0) return pair(minutes, "min", whole % 60, "s");
  return `${whole} s`;
}

/** A duration for a text that changes once a minute: seconds only below two minutes. */
export function roughDuration(seconds: number): string {
  return seconds >= 120 && seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : duration(seconds);
}

/** A time in the past: `just now`, `20 s ago`, `12 min ago`. */
export function ago(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole === 0) return "just now";
  return `${whole < 60 ? duration(whole) : roughDuration(whole - (whole % 60))} ago`;
}

/** A time of day in 24 hours, with the day unless it is today. Both arguments are Unix seconds. */
export function timeOfDay(unix: number, nowUnix: number): string {
  const date = new Date(unix * 1000);
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(date);
  const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  // Rounded, because the day on which the clocks change has 23 or 25 hours.
  const days = Math.round((midnight(date) - midnight(new Date(nowUnix * 1000))) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `${time} tomorrow`;
  if (days === -1) return `${time} yesterday`;
  const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" }).format(date);
  return `${time} on ${weekday}, ${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" }).format(date)}`;
}

/** A date and a time: `2 January 2026, 11:00`. */
export function dateAndTime(unix: number): string {
  const date = new Date(unix * 1000);
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" }).format(date);
  return `${day}, ${new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(date)}`;
}

/** The state of an account as one sentence: an emphasized part, and the rest. */
export interface Sentence {
  strong: string;
  rest: string;
  /** The exact figures, for the tooltip. */
  exact: string;
}

/** The state of an account. `left` is the time left, in whole seconds. */
export function sentence(status: SessionStatus, left: number | null, nowUnix: number): Sentence {
  switch (status.state) {
    case "signed_out":
      return { strong: "You are not signed in.", rest: "", exact: "" };
    case "authorizing":
      return { strong: "Continue in your browser.", rest: "", exact: "" };
    case "ended":
      return endedSentence(status, nowUnix);
    case "active":
    case "expiring":
      return left === null ? { strong: "", rest: "", exact: "" } : leftSentence(status, left, nowUnix);
  }
}

/** The reason for an end, with the evidence if the provider ended the session. */
export function endedBy(reason: EndReason, signal: Signal | null): string {
  return signal === null ? ENDED[reason] : `${ENDED[reason]} (${ENDED_BY[signal]})`;
}

/** What is known of the provider's sign-out page, after the sentence about its session. */
export const SIGN_OUT_PAGE: Record<SignOutPage, string> = {
  not_offered: " It has no sign-out page, so your browser may still be signed in there.",
  not_opened: " Its sign-out page could not be opened, so your browser may still be signed in there.",
  open: " Your browser has not come back from its sign-out page.",
  came_back: "",
};

function providerSentence(end: ProviderEnd, page: SignOutPage | null): string {
  if (page === "open" && end === "pending") return "Complete the sign-out at {provider} in your browser.";
  if (page === "came_back" && end === "goes_on") {
    return "Your browser came back from the sign-out page of {provider}, which still accepts the old tokens until they expire.";
  }
  if (page === "came_back" && (end === "unchecked" || end === "local_only")) {
    return "Your browser came back from the sign-out page of {provider}. Abide could not check whether the old tokens still work.";
  }
  return PROVIDER_END[end] + (page === null ? "" : SIGN_OUT_PAGE[page]);
}

/** The state of the provider's session after an end, and whether the user should act; null if it is not worth a sentence. */
export function providerSide(status: SessionStatus): { text: string; warn: boolean } | null {
  if (status.state !== "ended" || status.provider_end === null) return null;
  const page = status.sign_out_page ?? null;
  const text = providerSentence(status.provider_end, page).replaceAll("{provider}", () => status.provider);
  if (status.provider_end === "goes_on" && page !== "came_back") {
    return { text: `${text} Sign out there too if others use this computer.`, warn: true };
  }
  // The provider ended this session itself: it needs no notification.
  const endedThere = status.ended === "provider_logout" || status.ended === "refresh_rejected";
  return endedThere ? null : { text, warn: false };
}

function endedSentence(status: SessionStatus, nowUnix: number): Sentence {
  const why = status.ended === null ? "" : `: ${endedBy(status.ended, status.ended_by)}`;
  if (status.ended_at === null) return { strong: `Signed out${why}.`, rest: "", exact: "" };
  const past = Math.max(0, nowUnix - status.ended_at);
  const when = past < 60 ? "just now" : `${duration(past < 3600 ? past - (past % 60) : past)} ago`;
  return { strong: `Signed out ${when}${why}.`, rest: "", exact: timeOfDay(status.ended_at, nowUnix) };
}

function leftSentence(status: SessionStatus, left: number, nowUnix: number): Sentence {
  const ends = timeOfDay(nowUnix + left, nowUnix);
  const exact = `${duration(left)} left (${LIMIT[status.limit ?? "idle"]}), ends at ${ends}`;
  if (status.frozen) {
    const rest = ` Apps get no token until you unlock it. ${roughDuration(left)} left.`;
    return { strong: "Frozen: the screen is locked.", rest, exact };
  }
  if (status.sign_in_needed) {
    const rest = ` ${status.provider} wants you to sign in again; ${roughDuration(left)} left.`;
    return { strong: "Sign in again.", rest, exact };
  }
  const until = status.at_most_until === null ? null : timeOfDay(status.at_most_until, nowUnix);
  const limit = status.limit ?? "idle";
  const atMost = until === null ? "." : `; at most until ${until}.`;
  const rest = {
    idle: ` if nothing uses it${atMost}`,
    absolute: until === null ? ". This is the longest time." : ` until ${until}. This is the longest time.`,
    provider: ` until the provider’s limit${atMost}`,
    access_token: ", until its access token ends. Sign in again after that.",
  }[limit];
  return { strong: `${roughDuration(left)} left`, rest, exact };
}

/** The time in the question: seconds below a minute, a duration above. */
export function questionTime(left: number): { figure: string; unit: string } {
  const whole = Math.max(0, Math.floor(left));
  if (whole < 60) return { figure: String(whole), unit: whole === 1 ? "second" : "seconds" };
  return { figure: duration(whole), unit: "" };
}

/** The line under the question: the limit, and the new end after Yes. */
export function questionReason(question: Question, idleFor: number | null, nowUnix: number): string {
  if (!question.can_be_kept) return `It cannot be extended: ${CANNOT_BE_KEPT[question.limit]}`;
  const keeps = `Yes extends it until ${timeOfDay(question.yes_keeps_until, nowUnix)}`;
  switch (question.limit) {
    case "idle": {
      const minutes = idleFor === null ? 0 : Math.floor(idleFor / 60);
      const time = minutes < 1 ? "a while" : minutes === 1 ? "1 minute" : `${minutes} minutes`;
      return `Nothing used it for ${time}. ${keeps}; each use extends it further.`;
    }
    case "absolute":
      return `The session is near its longest time. ${keeps}.`;
    case "access_token":
      return `The access token is nearly over. ${keeps}.`;
    case "provider":
      return `The provider’s limit is near. ${keeps}.`;
  }
}

/** The question for a screen reader. */
export function questionAloud(question: Question): string {
  const { figure, unit } = questionTime(question.seconds_left);
  const expires = `Your session with ${question.provider} will expire in ${`${figure} ${unit}`.trim()}.`;
  return question.can_be_kept ? `${expires} Do you want to keep your session?` : `${expires} It cannot be extended.`;
}

/** The announcement of a change for a screen reader; empty for none. */
export function announcement(before: SessionStatus | undefined, after: SessionStatus): string {
  if (before === undefined) return "";
  if (before.state === after.state) {
    const there = after.provider_end === before.provider_end ? null : providerSide(after);
    if (there !== null && after.provider_end !== "pending") return `${after.account}: ${there.text}`;
    if (before.frozen === after.frozen) return "";
    return `${after.account}: ${after.frozen ? "frozen while the screen is locked" : "no longer frozen"}.`;
  }
  switch (after.state) {
    case "signed_out":
      return `${after.account}: you are not signed in.`;
    case "authorizing":
      return `${after.account}: continue in your browser.`;
    case "active":
      if (before.state === "expiring") return `${after.account}: your session was extended.`;
      return after.user === null ? `${after.account}: signed in.` : `${after.account}: signed in as ${after.user}.`;
    case "expiring":
      return ""; // The question is announced by itself.
    case "ended":
      return after.ended === null ? `${after.account}: signed out.` : `${after.account}: signed out: ${endedBy(after.ended, after.ended_by)}.`;
  }
}

/** Typed or pasted text as an issuer, or as an e-mail address. Only unambiguous mistakes are corrected. */
export function issuerFrom(typed: string): string {
  const trimmed = typed.trim().replace(/\/\.well-known\/openid-configuration$/, "");
  if (/^[^@/\s]+@[^@/\s]+$/.test(trimmed)) return trimmed;
  return trimmed === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
}

/** The problem with an account's name; empty for none. */
export function nameProblem(name: string, taken: string[]): string {
  if (name === "") return "Give the account a name, for instance “work”.";
  if (name.length > 32) return "Use at most 32 characters.";
  if (!/^[a-z0-9_-]+$/.test(name)) return "Use lower-case letters, digits, “-” and “_” only.";
  if (taken.includes(name)) return `An account named “${name}” exists. Choose another name.`;
  return "";
}

/** A word quoted for a shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
