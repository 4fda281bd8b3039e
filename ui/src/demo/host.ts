// The window without the program: invented accounts, for development in a browser. `?demo=NAME` chooses the scene.
import type { Host } from "../lib/host";
import { DEMO_ISSUER } from "../lib/text";
import type { SessionStatus, Snapshot } from "../lib/wire";

const now = () => Math.floor(Date.now() / 1000);

function account(over: Partial<SessionStatus>): SessionStatus {
  return {
    account: "work",
    issuer: "https://id.example.com",
    provider: "id.example.com",
    user: null,
    state: "signed_out",
    ended: null,
    ended_at: null,
    expires_in: null,
    limit: null,
    lifetime: null,
    since: null,
    at_most_until: null,
    access_token_expires_in: null,
    renewable: false,
    trouble: null,
    ...over,
  };
}

const active = (over: Partial<SessionStatus> = {}) =>
  account({
    state: "active",
    user: "alice@example.com",
    expires_in: 702,
    lifetime: 900,
    limit: "idle",
    since: now() - 3600,
    at_most_until: now() + 11 * 3600,
    access_token_expires_in: 240,
    renewable: true,
    ...over,
  });

const ended = account({
  account: "lab",
  issuer: "https://login.lab.example.org/realms/lab",
  provider: "login.lab.example.org",
  state: "ended",
  ended: "idle_timeout",
  ended_at: now() - 610,
});
const demo = account({ account: "demo", issuer: DEMO_ISSUER, provider: "127.0.0.1:47610" });

const scenes: Record<string, () => Snapshot> = {
  active: () => ({ accounts: [active(), ended], question: null, remarks: [] }),
  soon: () => ({ accounts: [active({ expires_in: 190 }), active({ account: "vpn", limit: "absolute", expires_in: 1205, lifetime: 43_200, at_most_until: now() + 1205 })], question: null, remarks: [] }),
  expiring: () => ({
    accounts: [active({ state: "expiring", expires_in: 58 }), ended],
    question: {
      id: 1,
      account: "work",
      provider: "id.example.com",
      seconds_left: 58,
      limit: "idle",
      yes_keeps_until: now() + 900,
    },
    remarks: [],
  }),
  signedout: () => ({ accounts: [account({}), ended], question: null, remarks: [] }),
  demo: () => ({ accounts: [demo], question: null, remarks: [] }),
  empty: () => ({ accounts: [], question: null, remarks: [] }),
  add: () => ({ accounts: [active()], question: null, remarks: [] }),
  trouble: () => ({
    accounts: [
      active({
        trouble:
          "id.example.com cannot be reached, so the session cannot be renewed right now. You stay signed in; Abide tries again by itself.",
      }),
      account({
        account: "lab",
        provider: "login.lab.example.org",
        state: "signed_out",
        trouble: "The sign-in did not succeed: the provider does not know the client ID “abide”. Check how the account is registered there.",
      }),
    ],
    question: null,
    remarks: ["There is no keyring on this computer. Sessions are kept in memory only: after a restart you sign in again."],
  }),
  authorizing: () => ({ accounts: [account({ state: "authorizing" })], question: null, remarks: [] }),
};

/** A host that plays the scene and answers every command as the program would. */
export function demoHost(scene: string): Host {
  let snapshot = (scenes[scene] ?? scenes.active!)();
  const listeners = new Set<(snapshot: Snapshot) => void>();
  const show = (next: Partial<Snapshot>) => {
    snapshot = { ...snapshot, ...next };
    for (const listener of listeners) listener(snapshot);
  };
  const change = (name: string, to: (status: SessionStatus) => SessionStatus) =>
    show({
      accounts: snapshot.accounts.map((a) => (a.account === name ? to(a) : a)),
      question: snapshot.question?.account === name ? null : snapshot.question,
    });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const same = ({ account: name, issuer, provider }: SessionStatus) => ({ account: name, issuer, provider });

  return {
    snapshot: async () => snapshot,
    watch: async (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signIn: async (name) => {
      change(name, (a) => account({ ...same(a), state: "authorizing" }));
      void pause(3000).then(() => change(name, (a) => (a.state === "authorizing" ? active(same(a)) : a)));
    },
    cancelSignIn: async (name) => change(name, (a) => account(same(a))),
    signOut: async (name) =>
      change(name, (a) => account({ ...same(a), state: "ended", ended: "user_logout", ended_at: now() })),
    keep: async (name) => change(name, (a) => active({ ...same(a), expires_in: 900 })),
    discover: async (issuer) => {
      await pause(600);
      if (!issuer.startsWith("https://")) {
        throw { code: "issuer_not_https", message: `${issuer} is not an https address. Ask your provider for the address that begins with https://.` };
      }
      const provider = new URL(issuer).host;
      return { issuer, provider, suggested_name: "work-2", offline_access: true, provider_logout: true, revocation: false };
    },
    addAccount: async ({ name, issuer }) =>
      show({ accounts: [...snapshot.accounts, account({ account: name, issuer, provider: new URL(issuer).host })] }),
    removeAccount: async (name) => show({ accounts: snapshot.accounts.filter((a) => a.account !== name) }),
  };
}
