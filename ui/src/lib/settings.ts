// The settings of a session: their words, and durations as people type them.
import type { ActivityPolicy, OnLock, SessionSettings } from "./wire";

export type Time = "end_after" | "warn_after" | "absolute";

export const TIMES: Record<Time, { label: string; hint: string }> = {
  end_after: { label: "Ends without use after", hint: "When nothing uses the session for this long, you are signed out." },
  warn_after: { label: "Asks after", hint: "When nothing has used it for this long, Abide asks whether to keep it." },
  absolute: { label: "Lasts at most", hint: "After this you sign in again, however much it is used." },
};

export interface Choice<T> {
  value: T;
  label: string;
  hint: string;
}

export const ACTIVITY: Choice<ActivityPolicy>[] = [
  {
    value: "requests",
    label: "A tool asks for a token",
    hint: "For most people: while your tools work, you stay signed in. But a tool that asks by itself, every few minutes, keeps the session after you have left.",
  },
  {
    value: "input",
    label: "You use keyboard or mouse",
    hint: "For shared computers, and where rules ask for a person: tools alone keep nothing. Abide learns when you last touched them, never what you did.",
  },
  {
    value: "both",
    label: "Either of them",
    hint: "For long jobs beside your own work: whichever was last counts.",
  },
];

export const ON_LOCK: Choice<OnLock>[] = [
  {
    value: "freeze",
    label: "Tools get no token until you unlock it",
    hint: "For most people. The time runs on; a job that needs a token meanwhile has to try again.",
  },
  {
    value: "keep",
    label: "Nothing changes",
    hint: "For jobs that work while you are away: they go on getting tokens.",
  },
  {
    value: "end",
    label: "You are signed out",
    hint: "For shared computers and strict rules: you sign in again after every break.",
  },
];

const UNITS: [RegExp, number][] = [
  [/^(?:d|days?)$/, 86_400],
  [/^(?:h|hr|hrs|hours?)$/, 3600],
  [/^(?:m|min|mins|minutes?)$/, 60],
  [/^(?:s|sec|secs|seconds?)$/, 1],
];

/** What somebody typed, in seconds: `15 min`, `1 h 30 min`, `90s`. A number alone means minutes. `null`: not understood. */
export function parseDuration(typed: string): number | null {
  const text = typed.trim().toLowerCase();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 60;
  if (!/^(?:\d{1,9}\s*[a-z]+\s*)+$/.test(text)) return null;
  let seconds = 0;
  for (const [, number, word] of text.matchAll(/(\d+)\s*([a-z]+)/g)) {
    const unit = UNITS.find(([words]) => words.test(word!));
    if (unit === undefined) return null;
    seconds += Number(number) * unit[1];
  }
  return seconds;
}

/** The same the other way round, with nothing left out: `1 d 1 h 30 min`. */
export function exactDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, word] of [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]] as const) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count} ${word}`);
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** A message of the program in the words of this page; and the first field that it names. */
export function inWords(message: string): { text: string; field: Time | null } {
  const names = Object.keys(TIMES) as Time[];
  const text = names.reduce((said, name) => said.replaceAll("`" + name + "`", `“${TIMES[name].label}”`), message);
  const first = names.filter((name) => message.includes("`" + name + "`")).sort((a, b) => message.indexOf(a) - message.indexOf(b));
  return { text, field: first[0] ?? null };
}

/** Settings with an idle time that can be held. The question moves along where it would come too late. */
export function advised(settings: SessionSettings, endAfter: number): SessionSettings {
  const warnAfter = settings.warn_after < endAfter ? settings.warn_after : endAfter - Math.ceil(endAfter / 5);
  return { ...settings, end_after: endAfter, warn_after: warnAfter };
}
