// The texts about apps that ask for tokens. Who asks for what is worded as in the native dialog
// (src-tauri/src/consent/words.rs); a test compares them.
import { ago, duration, timeOfDay } from "./text";
import type { AskedBecause, CallerKind, ConsentAnswer, ConsentQuestion, KeptGrant, Label, LabelKind, LiveGrant, Span, Snapshot, Until } from "./wire";

/** So much of one value is shown, in characters. A program chooses what it says of itself, not how long the page is. */
const LONGEST = 120;

export function short(text: string): string {
  const characters = [...text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : characters.join("");
}

const fileName = (path: string) => path.split(/[/\\]/).at(-1) ?? path;

/** Who asks. */
export function who(question: ConsentQuestion): string {
  const name = short(question.program);
  switch (question.kind) {
    case "terminal":
      return "A terminal of yours";
    case "forwarder":
      return `A program behind ${name}`;
    case "interpreter":
      return question.script === null ? name : `${name} with ${short(fileName(question.script))}`;
    case "background":
      return `${name}, in the background,`;
    default:
      return name;
  }
}

/** Who asks for what. */
export function request(question: ConsentQuestion): { who: string; wants: string } {
  const wants =
    question.targets.length === 0
      ? `wants to use your access to ${question.provider}.`
      : `wants to use ${question.targets.map(short).join(" and ")} in your name.`;
  return { who: who(question), wants };
}

/** What a scope means; a scope that is not known is shown as it is. */
export const SCOPE: Record<string, string> = {
  openid: "know who you are",
  profile: "see your name",
  email: "see your email address",
  phone: "see your telephone number",
  address: "see your address",
  offline_access: "stay signed in",
  groups: "see your groups",
  roles: "see your groups",
};

/** A scope in words. */
export const scopeShown = (name: string) => (Object.hasOwn(SCOPE, name) ? SCOPE[name]! : short(name));

const scopes = (names: string[]) => [...new Set(names.map(scopeShown))].join(", ");

/** What a label is about. */
const LABEL: Record<LabelKind, string> = {
  flatpak: "Flatpak",
  snap: "snap",
  desktop_entry: "app",
  package: "package",
  coding_agent: "started by",
  unit: "unit",
  cgroup: "cgroup",
};

/** What the surroundings of an app call it. None of it is proved. */
export const labels = (all: Label[]) => all.map(({ kind, name }) => `${LABEL[kind]} ${name}`).join(", ");

/** What is known of the program, and what it says of itself. */
export function known(question: ConsentQuestion): [string, string][] {
  const facts: [string, string | null][] = [
    ["Account", short(question.account)],
    ["Says it runs", question.script ?? (question.kind === "terminal" ? null : question.command)],
    ["Terminal", question.terminal],
    ["Started by", question.started_by.length === 0 ? null : question.started_by.join(", by ")],
    ["Program", question.path],
    ["Says it is", question.labels.length === 0 ? null : labels(question.labels)],
    ["It may then", question.scopes.length === 0 ? null : scopes(question.scopes)],
    ["It says why", question.reason === null ? null : `“${short(question.reason)}”`],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null).map(([label, value]) => [label, short(value)]);
}

export const BECAUSE: Partial<Record<AskedBecause, string>> = {
  changed: "Its file has changed since you allowed it.",
  wider: "It asks for more than you have allowed.",
};

export const KIND: Partial<Record<CallerKind, string>> = {
  forwarder: "This program passes on requests of other programs. Abide does not know which one asks.",
  background: "The system started it. Abide does not know which program it belongs to.",
  unknown: "Abide cannot find out which program this is.",
};

export const SIGNS_IN = "You would have to sign in again, with a stronger method.";

/** What to look at twice; empty for nothing. */
export function warning(question: ConsentQuestion): string {
  return [BECAUSE[question.because], KIND[question.kind], question.signs_in ? SIGNS_IN : undefined].filter((text) => text !== undefined).join(" ");
}

/** What an answer is for. */
export function choice(question: ConsentQuestion, span: Span): string {
  const words: Record<Span, string> = {
    once: "This once",
    run: `Until this ${short(question.program)} ends`,
    terminal: "Everything in this terminal",
    agent: `Everything that ${question.agent === null ? "the agent" : short(question.agent)} starts`,
    session: "Until you are signed out",
    script: "This script as it is now, 30 days",
    always: "Always, this program as it is now",
  };
  return words[span];
}

/** What is chosen until the user chooses: the narrowest answer that spares the next question of the same run. */
export function firstChoice(question: ConsentQuestion): Span {
  const wanted: Span = question.kind === "terminal" ? "terminal" : question.kind === "interpreter" ? "run" : "once";
  return question.spans.includes(wanted) ? wanted : (question.spans[0] ?? "once");
}

const saysItIs = (all: Label[]) => (all.length === 0 ? "" : ` Says it is: ${short(labels(all))}.`);

/** When an answer ends at the latest. */
export const END: Record<Until, string> = {
  session: "When you are signed out",
  "1h": "In 1 hour",
  "8h": "In 8 hours",
  "30d": "In 30 days",
  revoked: "When you revoke it",
};

/** The ends that an answer can have, the usual one first. */
export const ends = (question: ConsentQuestion, span: Span): Until[] => question.ends[span] ?? [];

/** An answer to a question, without what the user has not changed. */
export function answer(question: ConsentQuestion, allow: boolean, span: Span, until: Until | null, targets: string[], scopes: string[]): ConsentAnswer {
  const [usual, ...others] = ends(question, span);
  const part = (chosen: string[], all: string[]) => allow && all.length > 1 && chosen.length < all.length;
  return {
    allow,
    span,
    ...(until !== null && until !== usual && others.includes(until) ? { until } : {}),
    ...(part(targets, question.targets) ? { targets } : {}),
    ...(part(scopes, question.scopes) ? { scopes } : {}),
  };
}

const tokens = (count: number) => (count === 1 ? "1 token" : `${count.toLocaleString("en")} tokens`);

/** How long an answer holds that ends by itself. */
export const SPAN_ENDS: Record<Span, (program: string) => string> = {
  once: () => "For one request",
  run: (program) => `Until ${program} ends`,
  terminal: () => "Until the terminal is closed",
  agent: (program) => `For all that ${program} starts`,
  session: () => "Until you are signed out",
  script: () => "For 30 days",
  always: () => "Until you revoke it",
};

/** An API in a list: without the scheme that is expected. */
const api = (target: string) => short(target).replace(/^https:\/\//, "");

/** A time that is at most left, in one unit. */
function atMost(seconds: number): string {
  if (seconds >= 7200) return `${Math.ceil(seconds / 3600)} h`;
  return duration(seconds >= 60 ? Math.ceil(seconds / 60) * 60 : seconds);
}

/** An answer that holds now, in two lines. */
export function live(grant: LiveGrant, snapshot: Snapshot, now: number): { what: string; until: string } {
  const account = snapshot.accounts.find((status) => status.account === grant.account);
  const target = grant.targets.length > 0 ? grant.targets.map(api).join(", ") : (account?.provider ?? grant.account);
  const named = snapshot.accounts.length > 1 ? ` (${short(grant.account)})` : "";
  const last = grant.last_used === null ? "" : `, last used ${ago(now - grant.last_used)}`;
  const what = grant.allows ? `${grant.tokens === 0 ? "No tokens yet" : tokens(grant.tokens)} for ${target}${named}${last}.` : `Gets no tokens for ${target}${named}.`;
  const most = account?.at_most_until ?? null;
  const ends = [most, grant.until].filter((end) => end !== null && end > now) as number[];
  const end = ends.length === 0 ? "" : `, ${atMost(Math.min(...ends) - now)} at most`;
  return { what: what + saysItIs(grant.labels), until: `${SPAN_ENDS[grant.span](short(grant.program))}${end}.` };
}

/** A grant that is kept, in two lines. */
export function kept(grant: KeptGrant, now: number): { what: string; use: string } {
  const account = grant.account === null ? "every account" : `the account ${short(grant.account)}`;
  const targets = grant.targets.length > 0 ? grant.targets.map(api).join(", ") : null;
  const may = grant.scopes.length === 0 ? "" : ` It may ${scopes(grant.scopes)}.`;
  const what = !grant.allows
    ? `Gets no tokens for ${targets ?? account}.`
    : targets === null
      ? `Gets tokens for ${account}.${may}`
      : `Gets tokens for ${targets}, with ${account}.${may}`;
  const last = grant.last_used === null ? "Not used yet." : `${tokens(grant.tokens)}, last used ${ago(now - grant.last_used)}.`;
  const until = grant.until === null ? "" : ` Ends ${grant.until <= now ? "now" : timeOfDayFrom(grant.until, now)}.`;
  return { what: what + saysItIs(grant.labels), use: `${grant.allows ? "Allowed" : "Denied"} ${timeOfDayFrom(grant.since, now)}.${until}${grant.allows ? ` ${last}` : ""}` };
}

/** A time for the middle of a sentence: `at 14:02`, `on 3 March 2026`. */
function timeOfDayFrom(unix: number, now: number): string {
  const far = Math.abs(now - unix) > 6 * 86_400;
  if (!far) return `at ${timeOfDay(unix, now)}`;
  return `on ${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" }).format(new Date(unix * 1000))}`;
}

/** The small chart in words. */
export function chart(days: number[]): string {
  return `${tokens(days.reduce((sum, count) => sum + count, 0))} in the last ${days.length} days`;
}
