// The texts about accounts and their sessions. Durations, reasons and limits are worded as in crates/wire/src/text.rs; a test
// compares them.
import { number, parts, text, type Part } from "./locale.svelte";
import { at, duration, roughDuration, timeOfDay, until } from "./time-words";
import { movesWithRenewal } from "./layers";
import type { EndReason, Limit, ProviderEnd, Question, SessionStatus, Signal, SignOutPage } from "./wire";

export { ago, dateAndTime, duration, roughDuration, timeOfDay } from "./time-words";

/** The issuer of the built-in demo provider, which runs while no account is configured. */
export const DEMO_ISSUER = "http://127.0.0.1:47610";

/** What to do after an end; empty where the button says it. */
export function afterEnd(reason: EndReason): string {
  switch (reason) {
    case "user_logout":
    case "declined":
    case "account_removed":
      return "";
    default:
      return text(`after-${reason}`);
  }
}

/** The parts of a text, without their marks. */
const plain = (words: Part[]) => words.map((part) => part.text).join("");

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
    case "authorizing":
      return { strong: text(`state-${status.state}`), rest: "", exact: "" };
    case "ended":
      return endedSentence(status, nowUnix);
    case "active":
    case "expiring":
      return left === null ? { strong: "", rest: "", exact: "" } : leftSentence(status, left, nowUnix);
  }
}

/** The reason for an end, with the evidence if the provider ended the session. */
export function endedBy(reason: EndReason, signal: Signal | null): string {
  const said = text(`ended-${reason}`);
  return signal === null ? said : text("ended-how", { reason: said, how: text(`ended-by-${signal}`) });
}

function providerSentence(provider: string, end: ProviderEnd, page: SignOutPage | null): string {
  if (page === "open" && end === "pending") return text("sign-out-page-complete", { provider });
  if (page === "came_back" && end === "goes_on") return text("sign-out-page-still-accepts", { provider });
  if (page === "came_back" && (end === "unchecked" || end === "local_only")) return text("sign-out-page-not-checked", { provider });
  const said = text(`provider-end-${end}`, { provider });
  return page === null || page === "came_back" ? said : `${said} ${text(`sign-out-page-${page}`)}`;
}

/** The state of the provider's session after an end, and whether the user should act; null if it is not worth a sentence. */
export function providerSide(status: SessionStatus): { text: string; warn: boolean } | null {
  if (status.state !== "ended" || status.provider_end === null) return null;
  const page = status.sign_out_page ?? null;
  const said = providerSentence(status.provider, status.provider_end, page);
  if (status.provider_end === "goes_on" && page !== "came_back") {
    return { text: `${said} ${text("provider-end-sign-out-there")}`, warn: true };
  }
  // The provider ended this session itself: it needs no notification.
  const endedThere = status.ended === "provider_logout" || status.ended === "refresh_rejected";
  return endedThere ? null : { text: said, warn: false };
}

function endedSentence(status: SessionStatus, nowUnix: number): Sentence {
  const reason = status.ended === null ? null : endedBy(status.ended, status.ended_by);
  if (status.ended_at === null) {
    return { strong: reason === null ? text("state-ended") : text("state-ended-why", { reason }), rest: "", exact: "" };
  }
  const past = Math.max(0, nowUnix - status.ended_at);
  const ago = past < 60 ? text("time-just-now") : text("time-ago", { time: duration(past < 3600 ? past - (past % 60) : past) });
  const strong = reason === null ? text("state-ended-when", { ago }) : text("state-ended-when-why", { ago, reason });
  return { strong, rest: "", exact: timeOfDay(status.ended_at, nowUnix) };
}

function leftSentence(status: SessionStatus, left: number, nowUnix: number): Sentence {
  const limit = status.limit ?? "idle";
  const source = limit === "provider" ? status.provider_limit : null;
  const named = source === null ? text(`limit-${limit}`) : text("limit-provider-declared", { source });
  const exact = text("left-exact", { time: duration(left), limit: named, at: at(nowUnix + left, nowUnix) });
  // Each of these texts begins with its strong part.
  const [strong, ...rest] = leftWords(status, limit, left, nowUnix);
  return { strong: strong?.text ?? "", rest: plain(rest), exact };
}

function leftWords(status: SessionStatus, limit: Limit, left: number, nowUnix: number): Part[] {
  const time = roughDuration(left);
  if (status.frozen) return parts("left-frozen", { time });
  if (status.sign_in_needed) return parts("left-sign-in", { time, provider: status.provider });
  if (limit === "access_token") return parts("left-access_token", { time });
  if (limit === "provider" && status.provider_limit !== null) {
    const source = status.provider_limit;
    return parts(movesWithRenewal(source) ? "left-declared-renewed" : "left-declared", { time, at: at(nowUnix + left, nowUnix), source });
  }
  if (status.at_most_until === null) return parts(`left-${limit}`, { time });
  return parts(`left-${limit}-most`, { time, until: until(status.at_most_until, nowUnix) });
}

/** The time in the question: whole seconds below a minute, a duration above. */
export function questionTime(left: number): number | string {
  const whole = Math.max(0, Math.floor(left));
  return whole < 60 ? whole : duration(whole);
}

/** The line under the question: the limit, and the new end after Yes. */
export function questionReason(question: Question, idleFor: number | null, nowUnix: number): string {
  if (!question.can_be_kept) return text("question-why-not", { why: text(`cannot-be-kept-${question.limit}`) });
  const then = { until: until(question.yes_keeps_until, nowUnix) };
  if (question.limit !== "idle") return text(`question-reason-${question.limit}`, then);
  const minutes = idleFor === null ? 0 : Math.floor(idleFor / 60);
  return minutes < 1 ? text("question-reason-idle", then) : text("question-reason-idle-minutes", { ...then, minutes });
}

/** The question for a screen reader. */
export function questionAloud(question: Question): string {
  const time = questionTime(question.seconds_left);
  const { provider } = question;
  const expires = plain(typeof time === "number" ? parts("question-expires-seconds", { provider, n: time }) : parts("question-expires", { provider, time }));
  return `${expires} ${text(question.can_be_kept ? "question-keep" : "question-cannot")}`;
}

/** The title of an account: the user's own, else its name. */
export const titleOf = ({ account, label }: { account: string; label?: string | null }) => label ?? account;

/** The title of the account with this name. An account that is no longer there is called by its name. */
export const titleIn = (accounts: SessionStatus[], name: string) => titleOf(accounts.find(({ account }) => account === name) ?? { account: name });

/** Title and name of an account, where the user decides something about it or looks it up: a title is not unique. */
export function titleAndNameIn(accounts: SessionStatus[], name: string): string {
  const title = titleIn(accounts, name);
  return title === name ? name : `${title} · ${name}`;
}

/** Whether it is the account of the demonstration. It is in no file, so it has no title and no place there, and is not removed. */
export const isBuiltIn = ({ account, issuer }: { account: string; issuer: string }) => account === "demo" && issuer === DEMO_ISSUER;

/** The announcement of a change for a screen reader; empty for none. */
export function announcement(before: SessionStatus | undefined, after: SessionStatus): string {
  if (before === undefined) return "";
  const account = titleOf(after);
  if (before.removing !== after.removing) return text(after.removing ? "said-removing" : "said-kept", { account });
  if (before.state === after.state) {
    const there = after.provider_end === before.provider_end ? null : providerSide(after);
    if (there !== null && after.provider_end !== "pending") return text("said-provider", { account, text: there.text });
    if (before.frozen === after.frozen) return "";
    return text(after.frozen ? "said-frozen" : "said-thawed", { account });
  }
  switch (after.state) {
    case "signed_out":
    case "authorizing":
      return text(`said-${after.state}`, { account });
    case "active":
      if (before.state === "expiring") return text("said-extended", { account });
      return after.user === null ? text("said-signed-in", { account }) : text("said-signed-in-as", { account, user: after.user });
    case "expiring":
      return ""; // The question is announced by itself.
    case "ended":
      return after.ended === null ? text("said-ended", { account }) : text("said-ended-why", { account, reason: endedBy(after.ended, after.ended_by) });
  }
}

/** Typed or pasted text as an issuer, or as an e-mail address. Only unambiguous mistakes are corrected. */
export function issuerFrom(typed: string): string {
  const trimmed = typed.trim().replace(/\/\.well-known\/openid-configuration$/, "");
  if (/^[^@/\s]+@[^@/\s]+$/.test(trimmed)) return trimmed;
  return trimmed === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
}

/** The most characters that the name of an account can have. */
const LONGEST_NAME = 32;

/** The problem with an account's name; empty for none. */
export function nameProblem(name: string, taken: string[]): string {
  if (name === "") return text("name-empty");
  if (name.length > LONGEST_NAME) return text("name-long", { most: number(LONGEST_NAME) });
  if (!/^[a-z0-9_-]+$/.test(name)) return text("name-letters");
  if (taken.includes(name)) return text("name-taken", { name });
  return "";
}

/** A word quoted for a shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
