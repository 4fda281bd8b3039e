// An invented record for the gallery: the same lines on each day, so that a picture does not depend on chance.
import { day } from "../lib/activity";
import type { ActivityDay, ActivityKind, ActivityLine, ActivityPage, ActivityQuery } from "../lib/wire";

/** How many days the record goes back. */
const DAYS = 40;

/** A line of the record. */
export const activityLine = (over: Partial<ActivityLine> = {}): ActivityLine => ({
  n: 1,
  time: Date.now(),
  event: "token.served",
  kind: "tokens",
  account: "work",
  user: null,
  caller: { kind: "program", name: null, program: "/usr/bin/curl", sha256: null, started_by: null, labels: [] },
  audience: [],
  scope: null,
  reason: null,
  name: null,
  times: 1,
  until: null,
  missing: 0,
  ...over,
});

type Event = [minute: number, event: string, kind: ActivityKind, over?: Partial<ActivityLine>];

const claude = { kind: "program", name: null, program: "/home/alice/.local/bin/claude", sha256: null, started_by: "zsh", labels: ["coding_agent:Claude Code"] };
const api = ["https://api.example.com"];
const EVENTS: Event[] = [
  [421, "agent.started", "abide", { account: null, caller: null, name: "0.1.0" }],
  [424, "sign_in.begun", "sessions", { caller: null }],
  [425, "session.began", "sessions", { caller: null, user: "alice@example.com", scope: "openid profile offline_access" }],
  [431, "token.served", "tokens", { audience: api, scope: "openid projects.read" }],
  [470, "consent.decided", "questions", { caller: claude, audience: api, reason: "allowed", name: "agent" }],
  [471, "token.served", "tokens", { caller: claude, audience: api, times: 12 }],
  [485, "session.refreshed", "sessions", { caller: null }],
  [533, "token.served", "tokens", { caller: claude, audience: api, times: 31 }],
  [545, "session.refreshed", "sessions", { caller: null }],
  [571, "token.refused", "refusals", { caller: { kind: "program", name: null, program: "/opt/weather/bin/weather-widget", sha256: null, started_by: null, labels: [] }, reason: "access_denied", times: 4 }],
  [605, "session.refreshed", "sessions", { caller: null }],
  [611, "claims.served", "tokens", { caller: { kind: "owner", name: null, program: "/usr/bin/abide", sha256: null, started_by: null, labels: [] } }],
  [642, "grant.given", "changes", { caller: null, account: null, name: "ci" }],
  [660, "token.served", "tokens", { caller: { kind: "client", name: "ci", program: null, sha256: null, started_by: null, labels: [] }, times: 22 }],
  [665, "session.refreshed", "sessions", { caller: null }],
  [744, "question.asked", "questions", { caller: null }],
  [745, "question.answered", "questions", { caller: null, reason: "yes" }],
  [746, "session.kept", "sessions", { caller: null }],
  [802, "token.served", "tokens", { caller: claude, audience: api, times: 18 }],
  [806, "session.refresh_failed", "sessions", { caller: null, reason: "provider_unreachable" }],
  [931, "session.ended", "sessions", { caller: null, reason: "idle_timeout" }],
];

/** The lines of the days back to the beginning, the newest first. */
function all(now: number): ActivityLine[] {
  const lines: ActivityLine[] = [];
  for (let back = 0; back < DAYS; back++) {
    const { from } = day(now, -back);
    for (let i = EVENTS.length - 1; i >= 0; i--) {
      const [minute, event, kind, over] = EVENTS[i]!;
      const time = from + minute * 60_000;
      const until = over?.times === undefined ? null : time + 20 * 60_000;
      if (time <= now) lines.push(activityLine({ n: (DAYS - back) * EVENTS.length + i, time, event, kind, until, ...over }));
    }
  }
  return lines;
}

export function page(query: ActivityQuery, now: number): ActivityPage {
  const words = query.text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fits = (line: ActivityLine) =>
    (query.from === null || line.time >= query.from) &&
    (query.to === null || line.time < query.to) &&
    (query.before === null || line.n < query.before) &&
    (query.kinds.length === 0 || query.kinds.includes(line.kind)) &&
    (query.account === null || line.account === query.account) &&
    words.every((word) => JSON.stringify([line.caller, line.account, line.name, line.audience, line.event]).toLowerCase().includes(word));
  const found = all(now).filter(fits);
  const lines = found.slice(0, 100);
  return { lines, next: found.length > 100 ? lines.at(-1)!.n : null, reached: lines.at(-1)?.time ?? null, unread: 0 };
}

export function hours(from: number, to: number, now: number): ActivityDay {
  const counts = Array.from({ length: Math.round((to - from) / 3_600_000) }, () => ({ served: 0, refused: 0, renewed: 0, began: 0, ended: 0 }));
  for (const line of all(now)) {
    const hour = counts[Math.floor((line.time - from) / 3_600_000)];
    if (hour === undefined) continue;
    if (line.kind === "tokens") hour.served += line.times;
    if (line.kind === "refusals") hour.refused += line.times;
    if (line.event === "session.refreshed") hour.renewed += 1;
    if (line.event === "session.began") hour.began += 1;
    if (line.event === "session.ended") hour.ended += 1;
  }
  return { hours: counts, oldest: all(now).at(-1)?.time ?? null };
}
