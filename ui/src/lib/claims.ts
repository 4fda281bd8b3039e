import { text } from "./locale.svelte";
import { ago, dateAndTime } from "./time-words";
import type { ClaimsAnswer } from "./wire";

/** A claim as the window shows it. */
export interface Claim {
  name: string;
  /** One line for each item of a list. */
  lines: string[];
  /** The value as the provider sent it, where the lines say it in another way. */
  raw: string;
}

/** The claims that are times (OpenID Connect Core 1.0, sections 2 and 5.1). */
const TIMES = new Set(["auth_time", "exp", "iat", "nbf", "updated_at"]);
/** The last time that is shown as a date: a day before the end of the year 9999, so that no time zone needs a year more. */
const LAST = 253_402_214_399;

/** The claims that say how the user signed in: of these, as much is shown as elsewhere in the window. */
const METHODS = new Set(["acr", "amr"]);
const MOST_METHODS = 32;
const LONGEST_METHOD = 256;

function methods(value: unknown): string[] {
  const words = (Array.isArray(value) ? value : [value]).map(inWords);
  const shown = words.slice(0, MOST_METHODS).map((word) => {
    const signs = [...word];
    return signs.length > LONGEST_METHOD ? `${signs.slice(0, LONGEST_METHOD).join("")}…` : word;
  });
  return words.length > MOST_METHODS ? [...shown, "…"] : shown;
}

function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return text(value ? "claim-yes" : "claim-no");
  if (value === null) return text("claim-empty");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value in lines: times as dates, a list with a line for each item, an object with a line for each member. */
export function lines(name: string, value: unknown, nowUnix: number): string[] {
  if (TIMES.has(name) && typeof value === "number" && value >= 0 && value <= LAST) {
    const past = nowUnix - value;
    return [past >= 0 && past < 86_400 ? text("claim-time-ago", { time: dateAndTime(value), ago: ago(past) }) : dateAndTime(value)];
  }
  if (METHODS.has(name) && value !== null && !(Array.isArray(value) && value.length === 0)) return methods(value);
  if (Array.isArray(value)) return value.length === 0 ? [text("claim-empty")] : value.map(inWords);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([member, of]) => `${member}: ${inWords(of)}`);
  }
  return [inWords(value)];
}

/** The claims in the order of their names. */
export function listed(answer: ClaimsAnswer, nowUnix: number): Claim[] {
  return Object.entries(answer.claims)
    .map(([name, value]) => ({ name, lines: lines(name, value, nowUnix), raw: typeof value === "string" ? "" : JSON.stringify(value) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
