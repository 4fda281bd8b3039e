// Providers before they become accounts: the addresses that presets describe, and what a provider offers, in words.
import { capital, text } from "./locale.svelte";
import type { DiscoveredProvider } from "./wire";

/** A value of an address that the user fills in. */
export interface Blank {
  /** As in the form: `TENANT-ID`. */
  key: string;
  /** As a label: `Tenant ID`. */
  label: string;
}

/** A form of an issuer's address. */
export interface IssuerForm {
  address: string;
  /** When to use it; empty if there is nothing to say. */
  remark: string;
  blanks: Blank[];
}

const BLANK = /YOUR\.[A-Z]+|[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*/g;
/** Words that stay in capital letters. */
const SHORT = new Set(["ID", "URL", "OIDC"]);

/** The values that the presets ask for. */
const KNOWN = [
  "APPLICATION", "HOST", "INSTANCE", "ORG", "PROJECT", "REALM", "REGION", "SERVER-ID", "TENANT", "TENANT-ID", "YOUR.DOMAIN", "YOUR.GITLAB", "YOUR.ZITADEL",
] as const;

/** As the catalogue names it: a name there has no full stop. */
type Named<Key extends string> = Key extends `${infer First}.${infer Second}` ? `${First}-${Second}` : Key;

function label(key: string): string {
  const known = KNOWN.find((each) => each === key);
  if (known !== undefined) return text(`blank-${known.replace(".", "-") as Named<typeof known>}`);
  const words = key.split(/[-.]/).map((word) => (SHORT.has(word) ? word : word.toLowerCase()));
  return capital(words.join(" "));
}

/** A form as the presets write it: an address with words in capital letters, then perhaps a remark. */
export function issuerForm(form: string): IssuerForm {
  const [address = "", ...rest] = form.trim().split(/\s+/);
  const keys = [...new Set(address.match(BLANK) ?? [])];
  return { address, remark: rest.join(" "), blanks: keys.map((key) => ({ key, label: label(key) })) };
}

/** The address with the values in it. A whole address pasted into a value counts as its host. */
export function filled(form: IssuerForm, values: Record<string, string>): string {
  return form.address.replace(BLANK, (key) => {
    const value = (values[key] ?? "").trim().replace(/^https?:\/\//, "").replace(/\/+$/, "");
    return value === "" ? key : value;
  });
}

/** The first value that is missing. */
export function missing(form: IssuerForm, values: Record<string, string>): Blank | undefined {
  return form.blanks.find(({ key }) => (values[key] ?? "").trim() === "");
}

/** Something that a provider offers or does not offer, and what it means. */
export interface Fact {
  yes: boolean;
  text: string;
}

const offer = (yes: boolean, on: string, off: string): Fact => ({ yes, text: yes ? on : off });

/** What matters to everybody. */
export function facts(provider: DiscoveredProvider): Fact[] {
  const watched = provider.session_management ? "offers-tab" : provider.logout_notices ? "offers-notices" : "lacks-notices";
  return [
    provider.offline_access === null
      ? { yes: true, text: text("offers-renewal-perhaps") }
      : offer(provider.offline_access, text("offers-renewal"), text("lacks-renewal")),
    offer(provider.provider_logout, text("offers-logout"), text("lacks-logout")),
    offer(provider.revocation, text("offers-revocation"), text("lacks-revocation")),
    { yes: watched !== "lacks-notices", text: text(watched) },
  ];
}

/** What matters to developers, by the names of the specifications. */
export function details(provider: DiscoveredProvider): Fact[] {
  return [
    offer(provider.device, text("offers-device"), text("lacks-device")),
    offer(provider.pushed_requests, text("offers-par"), text("lacks-par")),
    offer(provider.dpop, text("offers-dpop"), text("lacks-dpop")),
    offer(provider.registration, text("offers-registration"), text("lacks-registration")),
  ];
}
