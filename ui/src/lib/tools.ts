// The texts about apps that ask for tokens. The native dialog takes its words from the same catalogue.
import { list, parts, text, type Part } from "./locale.svelte";
import { titleAndNameIn, titleIn } from "./text";
import { ago, at, duration, fullDate } from "./time-words";
import type { ConsentAnswer, ConsentQuestion, KeptGrant, Label, LiveGrant, SessionStatus, Span, Snapshot, Until } from "./wire";

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
      return text("consent-who-terminal");
    case "forwarder":
      return text("consent-who-forwarder", { program: name });
    case "interpreter":
      return question.script === null ? name : text("consent-who-script", { program: name, script: short(fileName(question.script)) });
    case "background":
      return text("consent-who-background", { program: name });
    default:
      return name;
  }
}

/** Who asks for what. */
export function requestParts(question: ConsentQuestion): Part[] {
  const { provider, targets } = question;
  return targets.length === 0
    ? parts("consent-request", { who: who(question), provider })
    : parts("consent-request-targets", { who: who(question), targets: list(targets.map(short)) });
}

export const request = (question: ConsentQuestion) => requestParts(question).map((part) => part.text).join("");

/** The scopes that have words. Two of them mean the same. */
const SCOPES = ["openid", "profile", "email", "phone", "address", "offline_access", "groups"] as const;

/** A scope in words. */
export function scopeShown(name: string): string {
  const known = SCOPES.find((each) => each === (name === "roles" ? "groups" : name));
  return known === undefined ? short(name) : text(`scope-${known}`);
}

const scopes = (names: string[]) => [...new Set(names.map(scopeShown))].join(", ");

/** What the surroundings of an app call it. None of it is proved. */
export const labels = (all: Label[]) => all.map(({ kind, name }) => text(`label-${kind}`, { name })).join(", ");

/** What is known of the program, and what it says of itself. */
export function known(question: ConsentQuestion, accounts: SessionStatus[]): [string, string][] {
  const facts: [string, string | null][] = [
    [text("consent-account"), titleAndNameIn(accounts, question.account)],
    [text("consent-runs"), question.script ?? (question.kind === "terminal" ? null : question.command)],
    [text("consent-terminal"), question.terminal],
    [text("consent-started-by"), question.started_by.length === 0 ? null : question.started_by.join(text("consent-started-by-next"))],
    [text("consent-program"), question.path],
    [text("consent-label"), question.labels.length === 0 ? null : labels(question.labels)],
    [text("consent-may"), question.scopes.length === 0 ? null : scopes(question.scopes)],
    [text("consent-why"), question.reason === null ? null : text("consent-quoted", { text: short(question.reason) })],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null).map(([label, value]) => [label, short(value)]);
}

/** What to look at twice; empty for nothing. */
export function warning({ because, kind, signs_in }: ConsentQuestion): string {
  const all: string[] = [];
  if (because === "changed" || because === "wider") all.push(text(`consent-because-${because}`));
  if (because === "account_changed") all.push(text("consent-because-account-changed"));
  if (kind === "forwarder" || kind === "background" || kind === "unknown") all.push(text(`consent-kind-${kind}`));
  if (signs_in) all.push(text("consent-signs-in"));
  return all.join(" ");
}

/** What an answer is for. */
export function choice(question: ConsentQuestion, span: Span): string {
  if (span === "run") return text("span-run", { program: short(question.program) });
  if (span !== "agent") return text(`span-${span}`);
  return question.agent === null ? text("span-agent-unknown") : text("span-agent", { agent: short(question.agent) });
}

/** What is chosen until the user chooses: the narrowest answer that spares the next question of the same run. */
export function firstChoice(question: ConsentQuestion): Span {
  const wanted: Span = question.kind === "terminal" ? "terminal" : question.kind === "interpreter" ? "run" : "once";
  return question.spans.includes(wanted) ? wanted : (question.spans[0] ?? "once");
}

const withLabels = (words: string, all: Label[]) => (all.length === 0 ? words : `${words} ${text("grant-label", { labels: short(labels(all)) })}`);

/** The ends that an answer can have, the usual one first. */
export const ends = (question: ConsentQuestion, span: Span): Until[] => question.ends[span] ?? [];

/** An answer to a question, without what the user has not changed. */
export function answer(question: ConsentQuestion, allow: boolean, span: Span, until: Until | null, targets: string[], scopes: string[], also: number[] = []): ConsentAnswer {
  const [usual, ...others] = ends(question, span);
  const chosenOf = (chosen: string[], all: string[]) => allow && all.length > 1 && chosen.length < all.length;
  return {
    allow,
    span,
    ...(until !== null && until !== usual && others.includes(until) ? { until } : {}),
    ...(chosenOf(targets, question.targets) ? { targets } : {}),
    ...(chosenOf(scopes, question.scopes) ? { scopes } : {}),
    ...(also.length > 0 ? { others: also } : {}),
  };
}

const tokens = (n: number) => text("grant-tokens", { n });

/** How long an answer holds that ends by itself. */
function spanEnds(span: Span, program: string): string {
  return span === "run" || span === "agent" ? text(`span-ends-${span}`, { program }) : text(`span-ends-${span}`);
}

/** An API in a list: without the scheme that is expected. */
const api = (target: string) => short(target).replace(/^https:\/\//, "");

/** A time that is at most left, in one unit. */
function atMost(seconds: number): string {
  if (seconds >= 7200) return text("time-hours", { n: Math.ceil(seconds / 3600) });
  return duration(seconds >= 60 ? Math.ceil(seconds / 60) * 60 : seconds);
}

/** An answer that holds now, in two lines. */
export function live(grant: LiveGrant, snapshot: Snapshot, now: number): { what: string; until: string } {
  const account = snapshot.accounts.find((status) => status.account === grant.account);
  const target = grant.targets.length > 0 ? grant.targets.map(api).join(", ") : (account?.provider ?? grant.account);
  const most = account?.at_most_until ?? null;
  const ends = [most, grant.until].filter((end) => end !== null && end > now) as number[];
  const span = spanEnds(grant.span, short(grant.program));
  return {
    what: withLabels(
      gets(grant, snapshot.accounts.length > 1 ? text("grant-target-account", { target, account: short(titleIn(snapshot.accounts, grant.account)) }) : target, now),
      grant.labels,
    ),
    until: ends.length === 0 ? text("grant-until", { span }) : text("grant-until-most", { span, time: atMost(Math.min(...ends) - now) }),
  };
}

function gets(grant: LiveGrant, target: string, now: number): string {
  if (!grant.allows) return text("grant-denies", { target });
  const count = grant.tokens === 0 ? text("grant-no-tokens") : tokens(grant.tokens);
  return grant.last_used === null ? text("grant-gets", { count, target }) : text("grant-gets-used", { count, target, ago: ago(now - grant.last_used) });
}

/** A grant that is kept, in two lines. */
export function kept(grant: KeptGrant, accounts: SessionStatus[], now: number): { what: string; use: string } {
  return { what: withLabels(may(grant, accounts), grant.labels), use: used(grant, now) };
}

function may({ account, allows, scopes: some, targets }: KeptGrant, accounts: SessionStatus[]): string {
  const named = account === null ? null : { account: short(titleIn(accounts, account)) };
  const forAccount = named === null ? text("grant-every-account") : text("grant-account", named);
  const apis = targets.map(api).join(", ");
  if (!allows) return text("grant-denies", { target: apis === "" ? forAccount : apis });
  const withAccount = named === null ? text("grant-with-every-account") : text("grant-with-account", named);
  const gets = apis === "" ? text("grant-allows", { target: forAccount }) : text("grant-allows-with", { target: apis, account: withAccount });
  return some.length === 0 ? gets : `${gets} ${text("grant-may", { scopes: scopes(some) })}`;
}

function used(grant: KeptGrant, now: number): string {
  const words = [text(grant.allows ? "grant-allowed-since" : "grant-denied-since", { at: when(grant.since, now) })];
  if (grant.until !== null) words.push(grant.until <= now ? text("grant-ends-now") : text("grant-ends", { at: when(grant.until, now) }));
  if (grant.allows) {
    words.push(grant.last_used === null ? text("grant-unused") : text("grant-used", { count: tokens(grant.tokens), ago: ago(now - grant.last_used) }));
  }
  return words.join(" ");
}

/** A time for the middle of a sentence: `at 14:02`, `on 3 March 2026`. */
function when(unix: number, now: number): string {
  return Math.abs(now - unix) > 6 * 86_400 ? text("moment-on", { date: fullDate(unix) }) : at(unix, now);
}

/** The small chart in words. */
export function chart(days: number[]): string {
  return text("grant-chart", { count: tokens(days.reduce((sum, count) => sum + count, 0)), days: days.length });
}
