// The settings of a session: their texts, and typed durations.
import type { ActivityPolicy, OnLock, SessionSettings, SettingField, SettingProblem, Signal } from "./wire";

export type Time = SettingField;
/** The limits of the session itself. */
export const LIMITS = ["end_after", "warn_after", "absolute"] as const satisfies Time[];

export const TIMES: Record<Time, { label: string; hint: string }> = {
  end_after: { label: "Sign out after", hint: "If no app uses the session for this long, you are signed out. Default: 15 min." },
  warn_after: { label: "Ask “Keep session?” after", hint: "If no app uses the session for this long, Abide asks whether to keep it. Default: 12 min." },
  absolute: { label: "Longest session", hint: "After this time you have to sign in again, even if the session is in use. Default: 12 h." },
  poll: { label: "Check the provider every", hint: "How often the tab and Abide check. The minimum is two seconds. Default: 1 min." },
};

export interface Choice<T> {
  value: T;
  label: string;
  hint: string;
}

export const ACTIVITY: Choice<ActivityPolicy>[] = [
  {
    value: "requests",
    label: "An app asks for a token",
    hint: "The default, for most people: while your apps work, you stay signed in. But an app that asks every few minutes by itself keeps you signed in after you have left.",
  },
  {
    value: "input",
    label: "You use keyboard or mouse",
    hint: "For shared computers, and where rules require that you are present: apps alone do not extend the session. Abide learns when you last used them, not what you typed.",
  },
  {
    value: "both",
    label: "Either",
    hint: "For long jobs beside your own work: the later of the two counts.",
  },
];

export const ON_LOCK: Choice<OnLock>[] = [
  {
    value: "freeze",
    label: "Apps get no token until you unlock it",
    hint: "The default, for most people. The time still runs. A job that needs a token has to try again later.",
  },
  {
    value: "keep",
    label: "Nothing changes",
    hint: "For jobs that run while you are away: they still get tokens.",
  },
  {
    value: "end",
    label: "You are signed out",
    hint: "For shared computers and strict rules: you sign in again after each break.",
  },
];

/** The switches of `provider.watch`. `asks` stands for introspection and UserInfo together. */
export type Way = "iframe" | "asks" | "frontchannel" | "backchannel" | "events";

export const WAYS: Record<Way, { label: string; hint: string; signals: Signal[]; always: boolean }> = {
  iframe: {
    label: "A tab in your browser watches",
    hint: "The tab of your sign-in stays open and checks whether you are still signed in there. Some browsers block that; then Abide shows it.",
    signals: ["iframe"],
    always: true,
  },
  asks: {
    label: "Abide asks the provider regularly",
    hint: "Abide asks whether your token is still valid. This needs no browser, but not every provider answers.",
    signals: ["introspection", "userinfo"],
    always: true,
  },
  frontchannel: {
    label: "The provider’s sign-out page notifies Abide",
    hint: "When you sign out there, that page calls Abide on this computer. The address has to be registered at the provider.",
    signals: ["frontchannel"],
    always: false,
  },
  backchannel: {
    label: "The provider’s server notifies Abide",
    hint: "It needs an address at which it can reach this computer.",
    signals: ["backchannel"],
    always: false,
  },
  events: {
    label: "Abide fetches security events",
    hint: "Abide fetches them regularly from the address in the configuration.",
    signals: ["events"],
    always: false,
  },
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

const UNITS: [RegExp, number][] = [
  [/^(?:d|days?)$/, 86_400],
  [/^(?:h|hr|hrs|hours?)$/, 3600],
  [/^(?:m|min|mins|minutes?)$/, 60],
  [/^(?:s|sec|secs|seconds?)$/, 1],
];

/** A typed duration in seconds: `15 min`, `1 h 30 min`, `90s`. A number alone means minutes. `null`: not a duration. */
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

/** Seconds as an exact duration: `1 d 1 h 30 min`. */
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

/** What this page says about a refused setting, by the code of the refusal. */
export const REFUSED: Record<SettingProblem, string> = {
  end_after_too_short: "Enter at least two seconds.",
  warn_after_not_before_end: `Enter less than in “${TIMES.end_after.label}”, and more than zero.`,
  absolute_too_short: `Enter at least as much as in “${TIMES.end_after.label}”.`,
  absolute_too_long: "Enter ten years or less.",
  poll_too_short: "Enter at least two seconds.",
};

/** Settings with another idle time. `warn_after` is shortened if it would be later than the end. */
export function advised(settings: SessionSettings, endAfter: number): SessionSettings {
  const warnAfter = settings.warn_after < endAfter ? settings.warn_after : endAfter - Math.ceil(endAfter / 5);
  return { ...settings, end_after: endAfter, warn_after: warnAfter };
}
