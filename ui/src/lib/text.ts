// The words of the window. Durations, reasons and limits are those of crates/wire/src/text.rs, and a test holds that.
import type { EndReason, Limit, ProviderEnd, Question, SessionStatus, Signal } from "./wire";

/** The issuer of the provider that the program itself starts as long as no account is set up. */
export const DEMO_ISSUER = "http://127.0.0.1:47610";
/** What has to be registered at the provider. */
export const REDIRECT_URI = "http://127.0.0.1/callback";

export const ENDED: Record<EndReason, string> = {
  user_logout: "you signed out",
  idle_timeout: "no answer to “keep session?”",
  absolute_timeout: "the longest time for a session was over",
  provider_timeout: "the provider’s time limit for a session was reached",
  access_token_expired: "the access token expired, and the provider gave no refresh token",
  declined: "you answered No to “keep session?”",
  provider_logout: "the provider ended its session",
  refresh_rejected: "the provider no longer accepts this session",
  screen_locked: "the screen was locked",
};

/** How the end of the provider's session became known. */
export const ENDED_BY: Record<Signal, string> = {
  iframe: "seen in your browser",
  refresh: "it refused a refresh",
  introspection: "it said so when Abide asked",
  userinfo: "it said so when Abide asked",
  frontchannel: "it said so in your browser",
  backchannel: "it sent word",
  events: "it sent word",
};

/** What became of the provider's side of a session that has ended here. */
export const PROVIDER_END: Record<ProviderEnd, string> = {
  pending: "{provider} has not been told yet; Abide goes on trying.",
  local_only: "Only here: {provider} was not told.",
  ended: "{provider} no longer accepts this session.",
  goes_on: "{provider} was told, but still accepts this session.",
  unchecked: "{provider} was told. Whether it has ended the session could not be checked.",
};

export const LIMIT: Record<Limit, string> = {
  idle: "idle",
  absolute: "longest session",
  provider: "provider’s limit",
  access_token: "access token",
};

/** Why no answer can keep a session, as the rest of a sentence about its end. */
export const CANNOT_BE_KEPT: Record<Limit, string> = {
  absolute: "it has lasted as long as it may. Sign in again after that.",
  provider: "the provider’s time limit cannot be moved. Sign in again after that.",
  access_token: "the provider gave no refresh token. Sign in again after that.",
  idle: "nothing has used it.",
};

/** A duration as people say it: `58 s`, `2 min 58 s`, `3 h 5 min`, `2 d 3 h`. */
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

/** The same for a place that changes once a minute: seconds only below two minutes. */
export function roughDuration(seconds: number): string {
  return seconds >= 120 && seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : duration(seconds);
}

/** How long ago: `just now`, `20 s ago`, `12 min ago`. */
export function ago(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole === 0) return "just now";
  return `${whole < 60 ? duration(whole) : roughDuration(whole - (whole % 60))} ago`;
}

/** A time of day, with the day unless it is today. Both in Unix seconds; 24 hours, as the tray and the terminal say it. */
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

/** The state of an account as one sentence: a part that stands out, and the rest. */
export interface Sentence {
  strong: string;
  rest: string;
  /** The exact figures, for a pointer that rests on it. */
  exact: string;
}

/** `left` is the time left now, in whole seconds. */
export function sentence(status: SessionStatus, left: number | null, nowUnix: number): Sentence {
  switch (status.state) {
    case "signed_out":
      return { strong: "You are not signed in.", rest: "", exact: "" };
    case "authorizing":
      return { strong: "Continue in the browser window that has opened.", rest: "", exact: "" };
    case "ended":
      return endedSentence(status, nowUnix);
    case "active":
    case "expiring":
      return left === null ? { strong: "", rest: "", exact: "" } : leftSentence(status, left, nowUnix);
  }
}

/** Why a session ended, with how that became known where the provider ended it. */
export function endedBy(reason: EndReason, signal: Signal | null): string {
  return signal === null ? ENDED[reason] : `${ENDED[reason]} (${ENDED_BY[signal]})`;
}

/** What became of the provider's side, and whether the user should do something about it; nothing where there is
 * nothing to say. */
export function providerSide(status: SessionStatus): { text: string; warn: boolean } | null {
  if (status.state !== "ended" || status.provider_end === null) return null;
  const text = PROVIDER_END[status.provider_end].replaceAll("{provider}", () => status.provider);
  if (status.provider_end === "goes_on") {
    return { text: `${text} Sign out there as well if others use this computer.`, warn: true };
  }
  // What the provider ended itself need not be told there.
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
    const rest = ` Tools get no token until you unlock it; ${roughDuration(left)} left.`;
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
    absolute: until === null ? "; a session lasts no longer." : `, until ${until}; a session lasts no longer.`,
    provider: ` until the provider’s limit${atMost}`,
    access_token: ", until its access token ends. Sign in again after that.",
  }[limit];
  return { strong: `${roughDuration(left)} left`, rest, exact };
}

/** The time in the question: seconds as in the web guides, longer times as people say them. */
export function questionTime(left: number): { figure: string; unit: string } {
  const whole = Math.max(0, Math.floor(left));
  if (whole < 60) return { figure: String(whole), unit: whole === 1 ? "second" : "seconds" };
  return { figure: duration(whole), unit: "" };
}

/** The small line under the question: which limit, and until when Yes would keep the session. */
export function questionReason(question: Question, idleFor: number | null, nowUnix: number): string {
  if (!question.can_be_kept) return `It cannot be kept any longer: ${CANNOT_BE_KEPT[question.limit]}`;
  const keeps = `Yes keeps it until ${timeOfDay(question.yes_keeps_until, nowUnix)}`;
  switch (question.limit) {
    case "idle": {
      const minutes = idleFor === null ? 0 : Math.floor(idleFor / 60);
      const time = minutes < 1 ? "a while" : minutes === 1 ? "1 minute" : `${minutes} minutes`;
      return `Nothing used it for ${time}. ${keeps}, and longer whenever it is used.`;
    }
    case "absolute":
      return `The longest time for a session is nearly over. ${keeps}.`;
    case "access_token":
      return `The access token is nearly over. ${keeps}.`;
    case "provider":
      return `The provider’s limit is near. ${keeps}.`;
  }
}

/** The question, as a screen reader says it. */
export function questionAloud(question: Question): string {
  const { figure, unit } = questionTime(question.seconds_left);
  const expires = `Your session with ${question.provider} will expire in ${`${figure} ${unit}`.trim()}.`;
  return question.can_be_kept ? `${expires} Do you want to keep your session?` : `${expires} It cannot be kept any longer.`;
}

/** What a screen reader says when the snapshot changed, or nothing. */
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
      return `${after.account}: continue in the browser window that has opened.`;
    case "active":
      if (before.state === "expiring") return `${after.account}: your session was kept.`;
      return after.user === null ? `${after.account}: signed in.` : `${after.account}: signed in as ${after.user}.`;
    case "expiring":
      return ""; // The question speaks for itself.
    case "ended":
      return after.ended === null ? `${after.account}: signed out.` : `${after.account}: signed out: ${endedBy(after.ended, after.ended_by)}.`;
  }
}

/** What somebody typed or pasted, as an issuer. Only what cannot be meant otherwise is changed. */
export function issuerFrom(typed: string): string {
  const trimmed = typed.trim().replace(/\/\.well-known\/openid-configuration$/, "");
  return trimmed === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
}

/** What is wrong with an account's name, or nothing. */
export function nameProblem(name: string, taken: string[]): string {
  if (name === "") return "Give the account a name, for instance “work”.";
  if (name.length > 32) return "A name has at most 32 characters.";
  if (!/^[a-z0-9_-]+$/.test(name)) return "Use lower-case letters, digits, “-” and “_” only.";
  if (taken.includes(name)) return `There is already an account named “${name}”. Choose another name.`;
  return "";
}

/** The account's name as one word of a shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
