// The settings of a session: their words, and durations as people type them.
import type { ActivityPolicy, OnLock, SessionSettings, Signal } from "./wire";

export type Time = "end_after" | "warn_after" | "absolute" | "poll";
/** The limits of the session itself. */
export const LIMITS = ["end_after", "warn_after", "absolute"] as const satisfies Time[];

export const TIMES: Record<Time, { label: string; hint: string }> = {
  end_after: { label: "Ends without use after", hint: "When nothing uses the session for this long, you are signed out." },
  warn_after: { label: "Asks after", hint: "When nothing has used it for this long, Abide asks whether to keep it." },
  absolute: { label: "Lasts at most", hint: "After this you sign in again, however much it is used." },
  poll: { label: "Looks every", hint: "The tab looks this often, and Abide asks this often. A minute suits most; two seconds is the least." },
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

/** What can be switched on, by one word for each: `asks` is everything that Abide asks the provider by itself. */
export type Way = "iframe" | "asks" | "frontchannel" | "backchannel" | "events";

export const WAYS: Record<Way, { label: string; hint: string; signals: Signal[]; always: boolean }> = {
  iframe: {
    label: "A tab in your browser watches",
    hint: "The tab that you sign in with stays open and looks whether you are still signed in there. Some browsers hide that from it; then Abide says so.",
    signals: ["iframe"],
    always: true,
  },
  asks: {
    label: "Abide asks at an interval",
    hint: "It asks whether the provider still accepts what you signed in with. This needs no browser, but not every provider answers.",
    signals: ["introspection", "userinfo"],
    always: true,
  },
  frontchannel: {
    label: "A page of the provider’s in your browser tells",
    hint: "When you sign out there, that page calls Abide on this computer. The provider has to know the address.",
    signals: ["frontchannel"],
    always: false,
  },
  backchannel: {
    label: "The provider sends a message",
    hint: "It has to know an address at which it reaches this computer.",
    signals: ["backchannel"],
    always: false,
  },
  events: {
    label: "Abide fetches security events",
    hint: "What the provider has to tell is fetched at the interval. Where from stands in the configuration.",
    signals: ["events"],
    always: false,
  },
};

/** The ways that are switched on. */
export function waysOf(watch: Signal[]): Way[] {
  return (Object.keys(WAYS) as Way[]).filter((way) => WAYS[way].signals.some((signal) => watch.includes(signal)));
}

/** The signals of these ways. Of a way that was on already, those that it had; of any other, all. Renewals always tell. */
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
export function inWords(original: string): { text: string; field: Time | null } {
  const names = Object.keys(TIMES) as Time[];
  const message = original.replaceAll("`provider.poll`", "`poll`");
  const text = names.reduce((said, name) => said.replaceAll("`" + name + "`", `“${TIMES[name].label}”`), message);
  const first = names.filter((name) => message.includes("`" + name + "`")).sort((a, b) => message.indexOf(a) - message.indexOf(b));
  return { text, field: first[0] ?? null };
}

/** Settings with an idle time that can be held. The question moves along where it would come too late. */
export function advised(settings: SessionSettings, endAfter: number): SessionSettings {
  const warnAfter = settings.warn_after < endAfter ? settings.warn_after : endAfter - Math.ceil(endAfter / 5);
  return { ...settings, end_after: endAfter, warn_after: warnAfter };
}
