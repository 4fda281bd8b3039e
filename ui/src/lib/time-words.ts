// Durations and moments in words.
import { date, language, text } from "./locale.svelte";

/** A number with its unit. In Spanish and German typography they stay on one line. */
function unit(name: "days" | "hours" | "minutes" | "seconds", n: number): string {
  const words = text(`time-${name}`, { n });
  return language() === "en" ? words : words.replaceAll(" ", "\u00a0");
}

/** A duration in words: `58 s`, `2 min 58 s`, `3 h 5 min`, `2 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  const pair = (first: string, n: number, second: string) => (n === 0 ? first : text("time-pair", { first, second }));
  if (days > 0) return pair(unit("days", days), hours, unit("hours", hours));
  if (hours > 0) return pair(unit("hours", hours), minutes, unit("minutes", minutes));
  if (minutes > 0) return pair(unit("minutes", minutes), whole % 60, unit("seconds", whole % 60));
  return unit("seconds", whole);
}

/** A duration for a text that changes once a minute: seconds only below two minutes. */
export function roughDuration(seconds: number): string {
  return seconds >= 120 && seconds < 3600 ? unit("minutes", Math.ceil(seconds / 60)) : duration(seconds);
}

/** A time in the past: `just now`, `20 s ago`, `12 min ago`. */
export function ago(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole === 0) return text("time-just-now");
  return text("time-ago", { time: whole < 60 ? duration(whole) : roughDuration(whole - (whole % 60)) });
}

/** How a moment stands in its sentence: alone, or after *at*, *until*, *since*, which not every language writes apart. */
type Place = "alone" | "at" | "until" | "since";

/** A time of day in 24 hours, with the day unless it is today. Times are Unix seconds. */
function moment(place: Place, unix: number, nowUnix: number): string {
  const time = date(unix * 1000, { hour: "2-digit", minute: "2-digit" });
  const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  // Rounded, because the day on which the clocks change has 23 or 25 hours.
  const days = Math.round((midnight(new Date(unix * 1000)) - midnight(new Date(nowUnix * 1000))) / 86_400_000);
  if (days === 0) return text(`moment-${place}`, { time });
  if (days === 1) return text(`moment-${place}-tomorrow`, { time });
  if (days === -1) return text(`moment-${place}-yesterday`, { time });
  return text(`moment-${place}-day`, { time, day: weekday(unix * 1000) });
}

/** `21:04`, `01:00 tomorrow`. */
export const timeOfDay = (unix: number, nowUnix: number) => moment("alone", unix, nowUnix);
/** `at 21:04`, `at 01:00 tomorrow`. */
export const at = (unix: number, nowUnix: number) => moment("at", unix, nowUnix);
/** `until 21:04`. */
export const until = (unix: number, nowUnix: number) => moment("until", unix, nowUnix);
/** `since 21:04`. */
export const since = (unix: number, nowUnix: number) => moment("since", unix, nowUnix);

/** A day of the week and of the month: `Monday, 5 January`, of Unix milliseconds. */
export function weekday(milliseconds: number, year = false): string {
  const day = date(milliseconds, { day: "numeric", month: "long", ...(year ? { year: "numeric" } : {}) });
  return text("day-of-week", { weekday: date(milliseconds, { weekday: "long" }), day });
}

/** A date: `2 January 2026`. */
export const fullDate = (unix: number) => date(unix * 1000, { day: "numeric", month: "long", year: "numeric" });

/** A date and a time: `2 January 2026, 11:00`. */
export function dateAndTime(unix: number): string {
  return text("date-and-time", { date: fullDate(unix), time: date(unix * 1000, { hour: "2-digit", minute: "2-digit" }) });
}
