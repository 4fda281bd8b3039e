// The pages of the window, and the place that an address or an event of the program names.
import { DEMO_ISSUER } from "./text";
import type { Snapshot } from "./wire";

export type Place = "accounts" | "tools" | "activity" | "add" | "address" | "link" | "settings" | "help";

/** The pages that the head of the window leads to. */
export const TABS = ["accounts", "tools", "activity"] as const;
export type Tab = (typeof TABS)[number];

export const isTab = (place: string): place is Tab => (TABS as readonly string[]).includes(place);

/** Whether only the demo account is there. */
export const onlyDemo = (snapshot: Snapshot) => snapshot.accounts.length > 0 && snapshot.accounts.every((a) => a.issuer === DEMO_ISSUER);

/** Whether there is nothing to show yet but the ways to begin. */
export function isFirstUse(snapshot: Snapshot): boolean {
  const idle = (state: string | undefined) => state === "signed_out" || state === "authorizing";
  return snapshot.accounts.length === 0 || (onlyDemo(snapshot) && idle(snapshot.accounts[0]?.state));
}
