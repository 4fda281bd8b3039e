// The settings of a session: their texts, and typed durations.
import { text } from "./locale.svelte";
import type { ActivityPolicy, OnLock, SessionSettings, SettingField, SettingProblem, Signal } from "./wire";

export type Time = SettingField;
/** The limits of the session itself. */
export const LIMITS = ["end_after", "warn_after", "absolute"] as const satisfies Time[];

export const TIMES = ["end_after", "warn_after", "absolute", "poll"] as const satisfies Time[];

export interface Choice<T> {
  value: T;
  label: string;
  hint: string;
}

/** What counts as use; the usual one first. */
export const activityChoices = (): Choice<ActivityPolicy>[] =>
  (["requests", "input", "both"] as const).map((value) => ({
    value, label: text(`setting-activity-${value}`), hint: text(`setting-activity-${value}-hint`),
  }));

/** What a locked screen does; the usual one first. */
export const lockChoices = (): Choice<OnLock>[] =>
  (["freeze", "keep", "end"] as const).map((value) => ({ value, label: text(`setting-on_lock-${value}`), hint: text(`setting-on_lock-${value}-hint`) }));

/** The switches of `provider.watch`. `asks` stands for introspection and UserInfo together. */
export type Way = "iframe" | "asks" | "frontchannel" | "backchannel" | "events";

/** Their signals, and whether everybody can choose them. */
export const WAYS: Record<Way, { signals: Signal[]; always: boolean }> = {
  iframe: { signals: ["iframe"], always: true },
  asks: { signals: ["introspection", "userinfo"], always: true },
  frontchannel: { signals: ["frontchannel"], always: false },
  backchannel: { signals: ["backchannel"], always: false },
  events: { signals: ["events"], always: false },
};

/** The switches that are on. */
export function waysOf(watch: Signal[]): Way[] {
  return (Object.keys(WAYS) as Way[]).filter((way) => WAYS[way].signals.some((signal) => watch.includes(signal)));
}

/** The signals of these switches. A switch that was on keeps the signals it had; a new one gets all. `refresh` always stays. */
export function signalsOf(ways: Way[], before: Signal[]): Signal[] {
  const found = ways.flatMap((way) => {
    const had = WAYS[way].signals.filter((signal) => before.includes(signal));
    return had.length > 0 ? had : WAYS[way].signals;
  });
  return before.includes("refresh") ? [...found, "refresh"] : found;
}

/** The words for units in all languages of the window: a number with its unit means the same in each. */
const UNITS: [RegExp, number][] = [
  [/^(?:d|days?|días?|dias?|tage?)$/, 86_400],
  [/^(?:h|hr|hrs|hours?|horas?|stunden?|std)$/, 3600],
  [/^(?:m|min|mins|minutes?|minutos?|minuten?)$/, 60],
  [/^(?:s|sec|secs|seconds?|seg|segs|segundos?|sek|sekunden?)$/, 1],
];

/** A typed duration in seconds: `15 min`, `1 h 30 min`, `90s`. A number alone means minutes. `null`: not a duration. */
export function parseDuration(typed: string): number | null {
  const written = typed.trim().toLowerCase().normalize();
  if (/^\d{1,9}$/.test(written)) return Number(written) * 60;
  if (!/^(?:\d{1,9}\s*\p{L}+\.?\s*)+$/u.test(written)) return null;
  let seconds = 0;
  for (const [, number, word] of written.matchAll(/(\d+)\s*(\p{L}+)/gu)) {
    const unit = UNITS.find(([words]) => words.test(word!));
    if (unit === undefined) return null;
    seconds += Number(number) * unit[1];
  }
  return seconds;
}

/** Seconds as an exact duration: `1 d 1 h 30 min`. */
export function exactDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, name] of [[86_400, "days"], [3600, "hours"], [60, "minutes"], [1, "seconds"]] as const) {
    const n = Math.floor(rest / unit);
    rest -= n * unit;
    if (n > 0) parts.push(text(`time-${name}`, { n: String(n) }));
  }
  return parts.length === 0 ? text("time-seconds", { n: 0 }) : parts.join(" ");
}

const PROBLEMS = ["end_after_too_short", "warn_after_not_before_end", "absolute_too_short", "absolute_too_long", "poll_too_short"] as const satisfies SettingProblem[];

/** What this page says about a refused setting, by the code of the refusal; null for another code. */
export function refused(code: string): string | null {
  const problem = PROBLEMS.find((each) => each === code);
  if (problem === undefined) return null;
  if (problem === "warn_after_not_before_end" || problem === "absolute_too_short") return text(`refused-${problem}`, { setting: text("setting-end_after") });
  return text(`refused-${problem}`);
}

/** Settings with another idle time. `warn_after` is shortened if it would be later than the end. */
export function advised(settings: SessionSettings, endAfter: number): SessionSettings {
  const warnAfter = settings.warn_after < endAfter ? settings.warn_after : endAfter - Math.ceil(endAfter / 5);
  return { ...settings, end_after: endAfter, warn_after: warnAfter };
}
