// Providers before they become accounts: the addresses that presets describe, and what a provider offers, in words.
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

function label(key: string): string {
  const words = key.split(/[-.]/).map((word) => (SHORT.has(word) ? word : word.toLowerCase()));
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
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

/** What matters to everybody. */
export function facts(provider: DiscoveredProvider): Fact[] {
  return [
    provider.offline_access === false
      ? { yes: false, text: "Does not renew sessions. You sign in again when the token expires." }
      : {
          yes: true,
          text: provider.offline_access ? "Renews the session without a new sign-in." : "May renew sessions. Abide asks for it.",
        },
    provider.provider_logout
      ? { yes: true, text: "Signing out can end the session at the provider, too." }
      : { yes: false, text: "Signing out ends the session in Abide only. You stay signed in at the provider." },
    provider.revocation
      ? { yes: true, text: "Tokens become invalid when you sign out." }
      : { yes: false, text: "Tokens stay valid until they expire. Abide deletes them when you sign out." },
    provider.session_management
      ? { yes: true, text: "A tab in your browser can notice when you sign out at the provider." }
      : provider.logout_notices
        ? { yes: true, text: "Can notify Abide when you sign out at the provider. This has to be set up." }
        : { yes: false, text: "Abide learns that you signed out at the provider at the next renewal." },
  ];
}

/** What matters to developers, by the names of the specifications. */
export function details(provider: DiscoveredProvider): Fact[] {
  const offer = (yes: boolean, on: string, off: string): Fact => ({ yes, text: yes ? on : off });
  return [
    offer(provider.device, "Device sign-in: you can sign in on your phone.", "No device sign-in: a browser on this computer is needed."),
    offer(
      provider.pushed_requests,
      "Pushed authorization requests (PAR): nothing of the request passes through the browser.",
      "No pushed authorization requests (PAR): the browser carries the request.",
    ),
    offer(provider.dpop, "DPoP: tokens can be bound to this computer. Switch it on in the configuration.", "No DPoP: who has a token can use it."),
    offer(
      provider.registration,
      "Registration: Abide can register itself.",
      "No registration: you register Abide yourself.",
    ),
  ];
}
