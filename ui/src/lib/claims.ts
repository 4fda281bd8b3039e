import type { ClaimsAnswer } from "./wire";

/** A claim as the window shows it. */
export interface Claim {
  name: string;
  text: string;
}

/** Text as it is, a list of words with commas, anything else as JSON. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item): item is string => typeof item === "string" && !item.includes(","))) {
    return value.join(", ");
  }
  return JSON.stringify(value);
}

/** The claims in the order of their names. */
export function listed(answer: ClaimsAnswer): Claim[] {
  return Object.entries(answer.claims)
    .map(([name, value]) => ({ name, text: shown(value) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
