// The texts of the record: what a line says, by day and hour.
import { capital, date, text } from "./locale.svelte";
import { titleAndNameIn, titleIn } from "./text";
import { timeOfDay, weekday } from "./time-words";
import { short } from "./tools";
import type { ActivityCaller, ActivityHour, ActivityKind, ActivityLine, EndReason, LabelKind, RecordFinding, RecordReport, SessionStatus, Span } from "./wire";

export const KINDS = ["tokens", "refusals", "sessions", "questions", "changes", "abide"] as const satisfies ActivityKind[];

const fileName = (path: string) => path.split(/[/\\]/).at(-1) ?? path;

/** How the name of a caller stands in its sentence. A program is called by its name; the others are declined. */
type Position = "subject" | "of" | "object";

function who(caller: ActivityCaller | null, position: Position = "subject"): string {
  const name = caller === null ? null : caller.program !== null ? fileName(caller.program) : caller.name;
  if (name !== null) return short(name);
  return text(`caller-${caller === null ? "app" : caller.kind === "owner" ? "command" : "unknown"}-${position}`);
}

/** What happened, in a few words. The names of the events are those of crates/audit. */
export const EVENT: Record<string, (line: ActivityLine) => string> = {
  "token.served": (line) => text("event-token_served", { caller: who(line.caller) }),
  "token.refused": (line) => text("event-token_refused", { caller: who(line.caller) }),
  "claims.served": (line) => text("event-claims_served", { caller: who(line.caller) }),
  "request.refused": (line) => text("event-request_refused", { caller: who(line.caller, "of") }),
  "sign_in.begun": () => text("event-sign_in_begun"),
  "sign_in.failed": () => text("event-sign_in_failed"),
  "sign_in.code_caught": () => text("event-sign_in_code_caught"),
  "session.began": ({ user }) => (user === null ? text("event-session_began") : text("event-session_began-as", { user: short(user) })),
  "session.refreshed": () => text("event-session_refreshed"),
  "session.refresh_failed": () => text("event-session_refresh_failed"),
  "session.ended": () => text("event-session_ended"),
  "session.kept": () => text("event-session_kept"),
  "question.asked": () => text("event-question_asked"),
  "question.answered": (line) => text(line.reason === "yes" ? "event-question_answered-yes" : "event-question_answered-no"),
  "question.withdrawn": () => text("event-question_withdrawn"),
  "grant.given": ({ name }) => (name === null ? text("event-grant_given-unnamed") : text("event-grant_given", { client: short(name) })),
  "grant.revoked": ({ name }) => (name === null ? text("event-grant_revoked-unnamed") : text("event-grant_revoked", { client: short(name) })),
  "consent.decided": (line) =>
    text(line.reason === "denied" ? "event-consent_denied" : "event-consent_allowed", { caller: who(line.caller, "object") }),
  "account.added": () => text("event-account_added"),
  "account.removed": () => text("event-account_removed"),
  "settings.changed": () => text("event-settings_changed"),
  "config.reloaded": (line) => text(line.reason === null ? "event-config_reloaded" : "event-config_refused"),
  "agent.started": ({ name }) => (name === null ? text("event-agent_started") : text("event-agent_started-version", { version: name })),
  "agent.stopped": () => text("event-agent_stopped"),
  "record.rotated": () => text("event-record_rotated"),
  "record.resumed": () => text("event-record_resumed"),
  "record.broken": () => text("event-record_broken"),
};

const SPANS = ["once", "run", "terminal", "agent", "session", "script", "always"] as const satisfies Span[];
const REASONS = [
  "user_logout", "idle_timeout", "absolute_timeout", "provider_timeout", "access_token_expired", "declined", "provider_logout", "refresh_rejected",
  "answer_refused", "screen_locked", "account_removed",
] as const satisfies EndReason[];

export function title(line: ActivityLine): string {
  if (Object.hasOwn(EVENT, line.event)) return EVENT[line.event]!(line);
  // A newer agent may record more than this page knows.
  const words = line.event.replace(/[._]/g, " ").trim();
  return words === "" || words === "unknown" ? text("event-unknown") : capital(words);
}

/** Whether a line is bad news. */
export const isBad = (line: ActivityLine) =>
  line.kind === "refusals" || ["sign_in.failed", "sign_in.code_caught", "session.refresh_failed", "record.broken"].includes(line.event) || line.missing > 0;

/** The line below the title: for what, with which account, how often. */
export function about(line: ActivityLine, accounts: SessionStatus[]): string {
  const parts: string[] = [];
  if (line.audience.length > 0) parts.push(line.audience.map((target) => short(target).replace(/^https:\/\//, "")).join(", "));
  if (line.account !== null && accounts.length !== 1) parts.push(short(titleIn(accounts, line.account)));
  if (line.times > 1) parts.push(line.until === null ? text("line-times", { n: line.times }) : text("line-times-until", { n: line.times, time: clock(line.until) }));
  const span = SPANS.find((each) => each === line.name);
  if (line.event === "consent.decided" && span !== undefined) parts.push(text(`line-span-${span}`));
  if (line.event === "session.ended" && line.reason !== null) {
    const reason = REASONS.find((each) => each === line.reason);
    parts.push(reason === undefined ? line.reason : text(`ended-${reason}`));
  }
  if (line.missing > 0) parts.push(text("line-missing", { n: line.missing }));
  return parts.join(" · ");
}

const LABELS = ["flatpak", "snap", "desktop_entry", "package", "coding_agent", "unit", "cgroup"] as const satisfies LabelKind[];

/** A label of a caller in words. The record has `kind:name`. */
function label(written: string): string {
  const kind = LABELS.find((each) => written.startsWith(`${each}:`));
  return kind === undefined ? written : text(`label-${kind}`, { name: written.slice(kind.length + 1) });
}

/** Everything that a line says, for those who open it. */
export function details(line: ActivityLine, accounts: SessionStatus[]): [string, string][] {
  const facts: [string, string | null][] = [
    [text("fact-account"), line.account === null ? null : titleAndNameIn(accounts, line.account)],
    [text("fact-user"), line.user],
    [text("fact-program"), line.caller?.program ?? null],
    ["SHA-256", line.caller?.sha256 ?? null],
    [text("fact-started-by"), line.caller?.started_by ?? null],
    [text("fact-label"), line.caller === null || line.caller.labels.length === 0 ? null : line.caller.labels.map(label).join(", ")],
    [text("fact-client"), line.caller?.name ?? null],
    [text("fact-api"), line.audience.length === 0 ? null : line.audience.join(", ")],
    [text("fact-scopes"), line.scope],
    [text("fact-reason"), line.reason],
    [text("fact-about"), line.event === "agent.started" ? null : line.name],
    [text("fact-event"), line.event],
    [text("fact-line"), String(line.n)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "").map(([label, value]) => [label, short(value)]);
}

/** A time of day with seconds. */
export function clock(milliseconds: number, seconds = false): string {
  return date(milliseconds, { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) });
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
  if (from === today) return text("day-today");
  if (from === day(now, -1).from) return text("day-yesterday");
  return weekday(from, new Date(from).getFullYear() !== new Date(now).getFullYear());
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

/** The sums of a day. */
export function sums(hours: ActivityHour[]): ActivityHour {
  const sum = { served: 0, refused: 0, renewed: 0, began: 0, ended: 0 };
  for (const hour of hours) for (const key of Object.keys(sum) as (keyof ActivityHour)[]) sum[key] += hour[key];
  return sum;
}

/** The same for the eye, beside its mark. */
export const brief = (sum: ActivityHour) => ({
  served: text("plot-served-brief", { n: sum.served }),
  refused: refused(sum.refused),
  renewed: renewed(sum.renewed),
  ended: text("plot-ended-brief", { n: sum.ended }),
});

const refused = (n: number) => text("plot-refused", { n });
const renewed = (n: number) => text("plot-renewed", { n });

/** The counts of an hour or a day in words. */
export const counts = (of: ActivityHour) =>
  text("plot-counts", { served: text("plot-served", { n: of.served }), refused: refused(of.refused), renewed: renewed(of.renewed), ended: text("plot-ended", { n: of.ended }) });

/** The plot in one sentence. */
export function plotAloud(hours: ActivityHour[], from: number): string {
  const sum = sums(hours);
  const total = (hour: ActivityHour) => hour.served + hour.refused;
  const busiest = hours.reduce((best, hour, i) => (total(hour) > total(hours[best]!) ? i : best), 0);
  const said = text("plot-aloud", { counts: counts(sum) });
  if (sum.served + sum.refused === 0) return said;
  return `${said} ${text("plot-busiest", { from: clock(from + busiest * 3_600_000), to: clock(from + (busiest + 1) * 3_600_000) })}`;
}

/** What does not fit, as in the terminal. */
export function finding({ code, line, to, file }: RecordFinding): string {
  const at = { line: String(line), file: file ?? "" };
  switch (code) {
    case "lines_missing":
      return line === to ? text("finding-line_missing", { line: at.line }) : text("finding-lines_missing", { line: at.line, to: String(to) });
    case "not_a_line":
      return text("finding-not_a_line", at);
    case "wrong_file":
      return text("finding-wrong_file", { file: at.file });
    case "line_changed":
    case "out_of_order":
    case "not_linked":
    case "not_as_sealed":
    case "broken_at_start":
      return text(`finding-${code}`, { line: at.line });
    default:
      return text("finding-unknown");
  }
}

export function verdict(report: RecordReport): string {
  if (report.lines === 0 && report.ok) return text("verdict-empty");
  if (report.ok) return text("verdict-ok", { first: String(report.first), last: String(report.last) });
  return text("verdict-bad");
}

/** How far back a search went. */
export const reachedBack = (milliseconds: number, now: number) => {
  const far = Math.abs(now - milliseconds) > 6 * 86_400_000;
  return far ? dayName(day(milliseconds).from, now) : timeOfDay(milliseconds / 1000, now / 1000);
};
