// The texts of the record: what a line says, by day and hour.
import { ENDED, timeOfDay } from "./text";
import { short } from "./tools";
import type { ActivityCaller, ActivityHour, ActivityKind, ActivityLine, RecordFinding, RecordReport, Span } from "./wire";

export const KINDS: Record<ActivityKind, string> = {
  tokens: "Tokens",
  refusals: "Refusals",
  sessions: "Sign-ins and sessions",
  questions: "Questions",
  changes: "Changes",
  abide: "Abide itself",
};

const fileName = (path: string) => path.split(/[/\\]/).at(-1) ?? path;

/** Who asked, as the subject of a sentence. */
export function who(caller: ActivityCaller | null): string {
  if (caller === null) return "An app";
  if (caller.program !== null) return short(fileName(caller.program));
  if (caller.name !== null) return short(caller.name);
  return caller.kind === "owner" ? "The abide command" : "An unknown app";
}

/** The same within a sentence. */
const whom = (caller: ActivityCaller | null) => who(caller).replace(/^(?:An|The) /, (article) => article.toLowerCase());

/** What happened, in a few words. The names of the events are those of crates/audit. */
export const EVENT: Record<string, (line: ActivityLine) => string> = {
  "token.served": (line) => `${who(line.caller)} got a token`,
  "token.refused": (line) => `${who(line.caller)} got no token`,
  "claims.served": (line) => `${who(line.caller)} read what the provider says about you`,
  "request.refused": (line) => `A request of ${whom(line.caller)} was refused`,
  "sign_in.begun": () => "Sign-in started",
  "sign_in.failed": () => "Sign-in failed",
  "sign_in.code_caught": () => "A sign-in code that Abide did not ask for was caught",
  "session.began": (line) => (line.user === null ? "Signed in" : `Signed in as ${short(line.user)}`),
  "session.refreshed": () => "Tokens renewed",
  "session.refresh_failed": () => "Renewal failed",
  "session.ended": () => "Session ended",
  "session.kept": () => "Session extended",
  "question.asked": () => "“Keep session?” was shown",
  "question.answered": (line) => `You answered ${line.reason === "yes" ? "Yes" : "No"} to “Keep session?”`,
  "question.withdrawn": () => "“Keep session?” closed by itself",
  "grant.given": (line) => `${short(line.name ?? "A client")} was allowed`,
  "grant.revoked": (line) => `${short(line.name ?? "A client")} was revoked`,
  "consent.decided": (line) => `You ${line.reason === "denied" ? "denied" : "allowed"} ${whom(line.caller)}`,
  "account.added": () => "Account added",
  "account.removed": () => "Account removed",
  "settings.changed": () => "Settings changed",
  "config.reloaded": (line) => (line.reason === null ? "Settings read again" : "Changed settings refused"),
  "agent.started": (line) => `Abide${line.name === null ? "" : ` ${line.name}`} started`,
  "agent.stopped": () => "Abide stopped",
  "record.rotated": () => "A new file of the record began",
  "record.resumed": () => "A half-written line was cut off",
  "record.broken": () => "The record was not as Abide had left it",
};

/** How long an answer holds, by the word that the record has for it. */
const SPANS: Record<Span, string> = {
  once: "once",
  run: "until it ends",
  terminal: "in its terminal",
  agent: "all that the agent starts",
  session: "until you are signed out",
  script: "this script, 30 days",
  always: "always",
};

export function title(line: ActivityLine): string {
  if (Object.hasOwn(EVENT, line.event)) return EVENT[line.event]!(line);
  // A newer agent may record more than this page knows.
  const words = line.event.replace(/[._]/g, " ").trim();
  return words === "" || words === "unknown" ? "An event of a newer version of Abide" : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a line is bad news. */
export const isBad = (line: ActivityLine) =>
  line.kind === "refusals" || ["sign_in.failed", "sign_in.code_caught", "session.refresh_failed", "record.broken"].includes(line.event) || line.missing > 0;

/** The line below the title: for what, with which account, how often. */
export function about(line: ActivityLine, accounts: number): string {
  const parts: string[] = [];
  if (line.audience.length > 0) parts.push(line.audience.map((target) => short(target).replace(/^https:\/\//, "")).join(", "));
  if (line.account !== null && accounts !== 1) parts.push(short(line.account));
  if (line.times > 1) parts.push(`${line.times.toLocaleString("en")} times${line.until === null ? "" : ` until ${clock(line.until)}`}`);
  if (line.event === "consent.decided" && line.name !== null && Object.hasOwn(SPANS, line.name)) parts.push(SPANS[line.name as Span]);
  if (line.event === "session.ended" && line.reason !== null) parts.push(Object.hasOwn(ENDED, line.reason) ? ENDED[line.reason as keyof typeof ENDED] : line.reason);
  if (line.missing > 0) parts.push(`${line.missing} events before this are missing`);
  return parts.join(" · ");
}

/** Everything that a line says, for those who open it. */
export function details(line: ActivityLine): [string, string][] {
  const facts: [string, string | null][] = [
    ["Account", line.account],
    ["User", line.user],
    ["Program", line.caller?.program ?? null],
    ["SHA-256", line.caller?.sha256 ?? null],
    ["Started by", line.caller?.started_by ?? null],
    ["Says it is", line.caller === null || line.caller.labels.length === 0 ? null : line.caller.labels.join(", ")],
    ["Client", line.caller?.name ?? null],
    ["API", line.audience.length === 0 ? null : line.audience.join(", ")],
    ["Scopes", line.scope],
    ["Reason", line.reason],
    ["About", line.event === "agent.started" ? null : line.name],
    ["Event", line.event],
    ["Line", String(line.n)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "").map(([label, value]) => [label, short(value)]);
}

/** A time of day with seconds. */
export function clock(milliseconds: number, seconds = false): string {
  const format: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) };
  return new Intl.DateTimeFormat("en-GB", format).format(new Date(milliseconds));
}

/** The day of a time as a pair of limits, Unix milliseconds; `add` days later. A day may have 23 or 25 hours. */
export function day(milliseconds: number, add = 0): { from: number; to: number } {
  const date = new Date(milliseconds);
  const at = (more: number) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + more).getTime();
  return { from: at(add), to: at(add + 1) };
}

/** A day by its name: `Today`, `Yesterday`, `Sunday, 29 November`, with the year if it is another one. */
export function dayName(from: number, now: number): string {
  const today = day(now).from;
  if (from === today) return "Today";
  if (from === day(now, -1).from) return "Yesterday";
  const year = new Date(from).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  const part = (format: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", format).format(new Date(from));
  return `${part({ weekday: "long" })}, ${part({ day: "numeric", month: "long", ...year })}`;
}

/** Lines by day, in their order. */
export function byDay(lines: ActivityLine[]): { from: number; lines: ActivityLine[] }[] {
  const days: { from: number; lines: ActivityLine[] }[] = [];
  for (const line of lines) {
    const { from } = day(line.time);
    if (days.at(-1)?.from === from) days.at(-1)!.lines.push(line);
    else days.push({ from, lines: [line] });
  }
  return days;
}

const count = (many: number, one: string, more: string) => `${many.toLocaleString("en")} ${many === 1 ? one : more}`;

/** The sums of a day. */
export function sums(hours: ActivityHour[]): ActivityHour {
  const sum = { served: 0, refused: 0, renewed: 0, began: 0, ended: 0 };
  for (const hour of hours) for (const key of Object.keys(sum) as (keyof ActivityHour)[]) sum[key] += hour[key];
  return sum;
}

/** The same for the eye, beside its mark. */
export const brief = (sum: ActivityHour) => ({
  served: `${sum.served.toLocaleString("en")} served`,
  refused: refused(sum.refused),
  renewed: renewed(sum.renewed),
  ended: `${sum.ended.toLocaleString("en")} ended`,
});

export const served = (many: number) => count(many, "request served", "requests served");
export const refused = (many: number) => count(many, "refused", "refused");
export const renewed = (many: number) => count(many, "renewal", "renewals");
export const ended = (many: number) => count(many, "end of a session", "ends of sessions");

/** The plot in one sentence. */
export function plotAloud(hours: ActivityHour[], from: number): string {
  const sum = sums(hours);
  const total = (hour: ActivityHour) => hour.served + hour.refused;
  const busiest = hours.reduce((best, hour, i) => (total(hour) > total(hours[best]!) ? i : best), 0);
  const most = sum.served + sum.refused === 0 ? "" : ` Most requests from ${clock(from + busiest * 3_600_000)} to ${clock(from + (busiest + 1) * 3_600_000)}.`;
  return `${served(sum.served)}, ${refused(sum.refused)}, ${renewed(sum.renewed)}, ${ended(sum.ended)}.${most}`;
}

/** What does not fit, as in the terminal. */
export function finding({ code, line, to, file }: RecordFinding): string {
  const words: Record<string, string> = {
    line_changed: `Line ${line} was changed.`,
    not_a_line: `${file}, line ${line} of the file: this is not a line of the record.`,
    lines_missing: line === to ? `Line ${line} is missing.` : `Lines ${line} to ${to} are missing.`,
    out_of_order: `Line ${line} is in the wrong place.`,
    not_linked: `Line ${line} does not belong to the line before it.`,
    not_as_sealed: `Line ${line} is not the line that Abide wrote.`,
    wrong_file: `${file}: the file does not begin with the line of its name.`,
    broken_at_start: `Abide found (line ${line}) that the record was not as it had left it.`,
  };
  return Object.hasOwn(words, code) ? words[code]! : "Something else is wrong.";
}

export function verdict(report: RecordReport): string {
  if (report.lines === 0 && report.ok) return "Nothing is recorded yet.";
  if (report.ok) return `The record is as Abide wrote it: lines ${report.first} to ${report.last}.`;
  return "The record is not as Abide wrote it.";
}

/** How far back a search went. */
export const reachedBack = (milliseconds: number, now: number) => {
  const far = Math.abs(now - milliseconds) > 6 * 86_400_000;
  return far ? dayName(day(milliseconds).from, now) : timeOfDay(milliseconds / 1000, now / 1000);
};
