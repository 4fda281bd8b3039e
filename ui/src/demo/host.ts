// The window without the program: invented accounts, for development in a browser. `?demo=NAME` chooses the scene.
import type { Host } from "../lib/host";
import { isLanguage, language, systemLanguage } from "../lib/locale.svelte";
import { DEMO_ISSUER } from "../lib/text";
import type {
  ConsentQuestion, Diagnosis, DiscoveredProvider, KeptGrant, KeptGrants, LayerStatus, LiveGrant, ProviderPreset, Question, SessionSettings, SessionStatus, SignalState, SignalStatus, Snapshot, UpdateStatus,
} from "../lib/wire";

import { hours, page } from "./record";

const now = () => Math.floor(Date.now() / 1000);

/** A signed-out account, with the given differences. */
export function account(over: Partial<SessionStatus> = {}): SessionStatus {
  return {
    account: "work",
    label: null,
    removing: false,
    issuer: "https://id.example.com",
    provider: "id.example.com",
    user: null,
    state: "signed_out",
    ended: null,
    ended_by: null,
    provider_end: null,
    ended_at: null,
    expires_in: null,
    limit: null,
    lifetime: null,
    since: null,
    at_most_until: null,
    access_token_expires_in: null,
    renewable: false,
    can_be_kept: false,
    sign_in_needed: false,
    reminder: null,
    signing_in: false,
    attempt: null,
    provider_logout: true,
    provider_limit: null,
    frozen: false,
    signals: [],
    layers: [],
    clock_skew: null,
    advised_end_after: null,
    last_error: null,
    last_error_code: null,
    last_error_kind: null,
    sign_out_page: null,
    ...over,
  };
}

/** A layer of which nothing is known, with what is. */
export function layer(over: Partial<LayerStatus> = {}): LayerStatus {
  return {
    layer: "application",
    name: "work",
    state: "active",
    since: null,
    ends_at: null,
    evidence: "own_limits",
    checked_at: null,
    methods: [],
    ...over,
  };
}

/** The layers of a session; what is known of the provider's, and of who recognized the user, can be chosen. */
function layers(
  provider: Partial<LayerStatus> = {},
  identity: Partial<LayerStatus> = {},
  own: Partial<LayerStatus> = {},
): LayerStatus[] {
  return [
    layer({ since: now() - 3600, ends_at: now() + 702, ...own }),
    layer({
      layer: "provider",
      name: "id.example.com",
      since: now() - 3700,
      ends_at: now() + 4 * 3600,
      evidence: "refresh",
      checked_at: now() - 20,
      ...provider,
    }),
    layer({
      layer: "identity_provider",
      name: "Example Bank",
      state: "unknown",
      since: now() - 3700,
      evidence: "id_token",
      methods: ["pwd", "otp", "mfa"],
      ...identity,
    }),
  ];
}

/** What would tell of an end at the provider, with a tab in this state. */
function signals(tab: SignalState, more: SignalStatus[] = []): SignalStatus[] {
  return [
    { signal: "iframe", state: tab, heard_at: tab === "waiting" ? null : now() - 20 },
    { signal: "refresh", state: "works", heard_at: now() - 200 },
    ...more,
  ];
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
    can_be_kept: true,
    signals: signals("works"),
    layers: layers({ evidence: "browser" }),
    ...over,
  });

const asked = (over: Partial<Question> = {}): Question => ({
  id: 1,
  account: "work",
  label: null,
  provider: "id.example.com",
  seconds_left: 58,
  limit: "idle",
  can_be_kept: true,
  yes_keeps_until: now() + 900,
  ...over,
});

export const usual: SessionSettings = {
  end_after: 900,
  warn_after: 720,
  absolute: 43_200,
  activity: "requests",
  on_lock: "freeze",
  remind: true,
  remind_provider: true,
  watch: ["iframe", "refresh"],
  poll: 60,
  provider_logout: false,
  revoke: true,
  claims: true,
};

/** Some presets, as the program has them. */
export const presets: ProviderPreset[] = [
  {
    name: "keycloak", title: "Keycloak", issuer: null,
    issuer_forms: ["https://HOST/realms/REALM", "https://HOST/auth/realms/REALM before version 17"],
    notes: ["If you do not have the role `offline_access` there, Keycloak refuses that scope. Then remove it from `scopes`."],
  },
  { name: "google", title: "Google", issuer: "https://accounts.google.com", issuer_forms: ["https://accounts.google.com"], notes: [] },
  {
    name: "entra", title: "Microsoft Entra ID", issuer: null, issuer_forms: ["https://login.microsoftonline.com/TENANT-ID/v2.0"],
    notes: ["The issuer contains the ID of the tenant (a GUID), not its domain name."],
  },
  { name: "okta", title: "Okta", issuer: null, issuer_forms: ["https://ORG.okta.com/oauth2/default", "https://ORG.okta.com"], notes: [] },
  { name: "auth0", title: "Auth0", issuer: null, issuer_forms: ["https://TENANT.auth0.com/"], notes: [] },
  { name: "gitlab", title: "GitLab", issuer: null, issuer_forms: ["https://gitlab.com", "https://YOUR.GITLAB"], notes: [] },
  { name: "dex", title: "Dex", issuer: null, issuer_forms: ["the `issuer` in Dex's configuration"], notes: [] },
  { name: "zitadel", title: "ZITADEL", issuer: null, issuer_forms: ["https://INSTANCE.REGION.zitadel.cloud"], notes: [] },
];

/** A provider that discovery has found. */
export const discovered = (over: Partial<DiscoveredProvider> = {}): DiscoveredProvider => ({
  issuer: "https://id.example.net/",
  provider: "id.example.net",
  suggested_name: "example",
  offline_access: true,
  provider_logout: true,
  revocation: true,
  session_management: true,
  logout_notices: false,
  device: true,
  pushed_requests: true,
  dpop: false,
  registration: false,
  preset: null,
  preset_title: null,
  notes: [],
  redirect_uris: ["http://127.0.0.1/callback"],
  logout_redirect_uris: ["http://127.0.0.1:47624/logout", "http://127.0.0.1:47625/logout", "http://127.0.0.1:47626/logout"],
  ...over,
});

export const diagnosis = (over: Partial<Diagnosis> = {}): Diagnosis => ({
  version: "0.1.0",
  system: "linux x86_64",
  endpoint: "http://127.0.0.1:47600",
  vault: "keyring",
  presence: { lock: ["logind"], sleep: ["logind"], input: "mutter", locked: false },
  configuration: { file: "/home/alice/.config/abide/config.toml", ok: true, problems: [] },
  ...over,
});

/** A question about an app. */
export const consent = (over: Partial<ConsentQuestion> = {}): ConsentQuestion => ({
  id: 1,
  kind: "program",
  program: "terraform",
  path: "/usr/bin/terraform",
  sha256: null,
  command: "terraform plan -out plan.bin",
  script: null,
  started_by: ["bash", "gnome-terminal"],
  agent: null,
  terminal: "pts/3",
  account: "work",
  provider: "id.example.com",
  targets: ["https://api.example.com"],
  scopes: ["openid", "projects.read"],
  signs_in: false,
  reason: null,
  because: "new",
  labels: [{ kind: "package", name: "terraform" }],
  spans: ["once", "run", "terminal", "session", "always"],
  ends: {
    once: [],
    run: ["session", "8h", "1h"],
    terminal: ["session", "8h", "1h"],
    agent: ["session", "8h", "1h"],
    session: ["session", "8h", "1h"],
    script: ["30d", "8h", "1h"],
    always: ["revoked", "30d", "8h", "1h"],
  },
  waiting: 1,
  others: [],
  asked_at: now() - 12,
  ...over,
});

/** An answer that holds now. */
export const liveGrant = (over: Partial<LiveGrant> = {}): LiveGrant => ({
  id: 11,
  program: "Claude Code",
  account: "work",
  targets: ["api.example.com"],
  scopes: [],
  span: "agent",
  until: null,
  labels: [],
  allows: true,
  tokens: 41,
  since: now() - 2520,
  last_used: now() - 35,
  ...over,
});

/** An answer that is kept. */
export const keptGrant = (over: Partial<KeptGrant> = {}): KeptGrant => ({
  name: "terraform",
  kind: "program",
  path: "/usr/bin/terraform",
  allows: true,
  account: "work",
  targets: ["https://api.example.com"],
  scopes: [],
  since: now() - 40 * 86_400,
  until: null,
  labels: [],
  tokens: 1212,
  last_used: now() - 300,
  days: [3, 0, 0, 12, 18, 9, 2, 0, 1, 14, 22, 30, 8, 5],
  ...over,
});

const decided: KeptGrants = {
  kept: [
    keptGrant({ name: "ci", kind: "key", path: null, account: null, targets: [], tokens: 0, last_used: null, days: Array<number>(14).fill(0) }),
    keptGrant({
      name: "deploy.py", kind: "script", path: "/home/alice/bin/deploy.py", until: now() + 9 * 86_400, scopes: ["profile", "deploy.write"], tokens: 3,
      last_used: now() - 86_400, days: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0],
    }),
    keptGrant(),
    keptGrant({ name: "weather", path: "/opt/weather/bin/weather-widget", allows: false, targets: [], tokens: 0, last_used: null, days: Array<number>(14).fill(0) }),
  ],
  policy: [],
};

const ended = account({
  account: "lab",
  issuer: "https://login.lab.example.org/realms/lab",
  provider: "login.lab.example.org",
  state: "ended",
  ended: "idle_timeout",
  ended_at: now() - 610,
});
/** A session that ended a minute ago, with the layers that are shown then. */
const over = (name: string, host: string, how: Partial<SessionStatus>, provider: Partial<LayerStatus> = {}) =>
  account({
    account: name,
    issuer: `https://${host}`,
    provider: host,
    state: "ended",
    ended: "user_logout",
    ended_at: now() - 70,
    layers: [
      layer({ name, state: "ended", ends_at: now() - 70 }),
      layer({ layer: "provider", name: host, state: "unknown", evidence: "nothing", ...provider }),
    ],
    ...how,
  });
const demo = account({ account: "demo", issuer: DEMO_ISSUER, provider: "127.0.0.1:47610" });

export const scenes: Record<string, () => Snapshot> = {
  active: () => ({ accounts: [active(), ended], questions: [], warnings: [] }),
  soon: () => ({ accounts: [active({ expires_in: 190 }), active({ account: "vpn", limit: "absolute", expires_in: 1205, lifetime: 43_200, at_most_until: now() + 1205 })], questions: [], warnings: [] }),
  reminded: () => ({
    accounts: [
      active({ reminder: { id: 1, limit: "absolute", ends_at: now() + 3 * 3600, later_at: Math.floor(now() / 3600) * 3600 + 2 * 3600 }, at_most_until: now() + 3 * 3600 }),
      active({ account: "vpn", provider: "login.example.org", reminder: { id: 2, limit: "provider", ends_at: now() + 86_000, later_at: null } }),
    ],
    questions: [],
    warnings: [],
  }),
  expiring: () => ({
    accounts: [active({ state: "expiring", expires_in: 58 }), ended],
    questions: [asked()],
    warnings: [],
  }),
  several: () => ({
    accounts: [
      active({ state: "expiring", expires_in: 58 }),
      active({ account: "vpn", provider: "login.example.org", state: "expiring", expires_in: 178, limit: "absolute" }),
      active({ account: "lab", provider: "login.lab.example.org", state: "expiring", expires_in: 171 }),
    ],
    questions: [
      asked(),
      asked({ id: 2, account: "lab", provider: "login.lab.example.org", seconds_left: 171 }),
      asked({ id: 3, account: "vpn", provider: "login.example.org", seconds_left: 178, limit: "absolute", can_be_kept: false }),
    ],
    warnings: [],
  }),
  last: () => ({
    accounts: [
      active({
        state: "expiring",
        expires_in: 130,
        limit: "absolute",
        lifetime: 43_200,
        at_most_until: now() + 130,
        layers: layers({ since: now() - 90_000 }, { since: now() - 90_000 }, { since: now() - 43_070, ends_at: now() + 130 }),
      }),
    ],
    questions: [asked({ seconds_left: 130, limit: "absolute", can_be_kept: false, yes_keeps_until: now() + 130 })],
    warnings: [],
  }),
  frozen: () => ({ accounts: [active({ frozen: true }), ended], questions: [], warnings: [] }),
  layers: () => ({ accounts: [active()], questions: [], warnings: [] }),
  unknown: () => ({
    accounts: [
      active({
        layers: layers(
          { since: null, ends_at: null, evidence: "id_token", checked_at: now() - 3600 },
          { name: "id.example.com", since: null, evidence: "nothing", methods: [] },
        ),
      }),
    ],
    questions: [],
    warnings: [],
  }),
  watching: () => ({
    accounts: [
      active({
        signals: signals("works", [
          { signal: "introspection", state: "failed", heard_at: null },
          { signal: "backchannel", state: "waiting", heard_at: null },
          { signal: "events", state: "not_offered", heard_at: null },
        ]),
      }),
    ],
    questions: [],
    warnings: [],
  }),
  blocked: () => ({
    accounts: [active({ signals: signals("blocked"), layers: layers() })],
    questions: [],
    warnings: [],
  }),
  closed: () => ({ accounts: [active({ signals: signals("closed"), layers: layers() })], questions: [], warnings: [] }),
  told: () => ({
    accounts: [
      over(
        "work",
        "id.example.com",
        { ended: "provider_logout", ended_by: "backchannel", provider_end: "ended" },
        { state: "ended", evidence: "told", checked_at: now() - 70, ends_at: now() - 70 },
      ),
    ],
    questions: [],
    warnings: [],
  }),
  there: () => ({
    accounts: [
      over("work", "id.example.com", { provider_end: "ended" }),
      over("vpn", "login.example.org", { provider_end: "goes_on" }),
      over("lab", "login.lab.example.org", { provider_end: "pending" }),
    ],
    questions: [],
    warnings: [],
  }),
  named: () => ({
    accounts: [active({ label: "Example & Sons" }), { ...ended, removing: true }, active({ account: "vpn", provider: "login.example.org", removing: true })],
    questions: [],
    warnings: [],
  }),
  advice: () => ({ accounts: [active({ advised_end_after: 840 }), ended], questions: [], warnings: [] }),
  settings: () => ({ accounts: [active({ advised_end_after: 840 }), ended], questions: [], warnings: [] }),
  locked_settings: () => ({ accounts: [active()], questions: [], warnings: [] }),
  ways: () => ({ accounts: [active()], questions: [], warnings: [] }),
  signedout: () => ({ accounts: [account({}), ended], questions: [], warnings: [] }),
  demo: () => ({ accounts: [demo], questions: [], warnings: [] }),
  empty: () => ({ accounts: [], questions: [], warnings: [] }),
  add: () => ({ accounts: [active()], questions: [], warnings: [] }),
  trouble: () => ({
    accounts: [
      active({
        last_error:
          "id.example.com cannot be reached, so the session cannot be renewed right now. You stay signed in; Abide tries again by itself.",
        last_error_code: "provider_unreachable",
      }),
      account({
        account: "lab",
        provider: "login.lab.example.org",
        state: "signed_out",
        last_error: "The sign-in did not succeed: the provider does not know the client ID “abide”. Check how the account is registered there.",
        last_error_code: "invalid_client",
      }),
    ],
    questions: [],
    warnings: ["There is no keyring on this computer. Sessions are kept in memory only: after a restart you sign in again."],
  }),
  help: () => ({ accounts: [active({ clock_skew: 3 }), ended], questions: [], warnings: [] }),
  trouble_help: () => ({
    accounts: [active({ clock_skew: -400, last_error: "id.example.com cannot be reached.", last_error_code: "provider_unreachable" })],
    questions: [],
    warnings: ["There is no keyring on this computer. Sessions are kept in memory only: after a restart you sign in again."],
  }),
  demo_active: () => ({ accounts: [active({ account: "demo", issuer: DEMO_ISSUER, provider: "127.0.0.1:47610" })], questions: [], warnings: [] }),
  values: () => ({ accounts: [active()], questions: [], warnings: [] }),
  found: () => ({ accounts: [active()], questions: [], warnings: [] }),
  registers: () => ({ accounts: [active()], questions: [], warnings: [] }),
  authorizing: () => ({ accounts: [account({ state: "authorizing" })], questions: [], warnings: [] }),
  tools: () => ({
    accounts: [active(), ended],
    questions: [],
    warnings: [],
    grants: [
      liveGrant(),
      liveGrant({ id: 12, program: "zsh", targets: [], span: "terminal", tokens: 1, last_used: now() - 4000 }),
      liveGrant({ id: 13, program: "node", span: "run", allows: false, tokens: 0, last_used: null }),
    ],
  }),
  asked: () => ({
    accounts: [active(), ended],
    questions: [],
    warnings: [],
    consents: [
      consent({
        kind: "interpreter", program: "python3", path: "/usr/bin/python3.13", script: "/home/alice/work/report/fetch_numbers.py",
        command: "python3 fetch_numbers.py --month 11", started_by: ["Claude Code", "zsh"], agent: "Claude Code", because: "wider", waiting: 3,
        scopes: ["profile", "reports.read", "offline_access"], reason: "to fetch the numbers of November", spans: ["once", "run", "agent", "session", "script"],
      }),
      consent({ id: 2, kind: "terminal", program: "zsh", path: "/usr/bin/zsh", command: null, targets: [], scopes: [], started_by: [], spans: ["once", "terminal"] }),
    ],
    grants: [liveGrant()],
  }),
  activity: () => ({ accounts: [active(), ended], questions: [], warnings: [] }),
  activity_search: () => ({ accounts: [active()], questions: [], warnings: [] }),
  activity_empty: () => ({ accounts: [active()], questions: [], warnings: [] }),
  activity_broken: () => ({ accounts: [active()], questions: [], warnings: [] }),
  tools_empty: () => ({ accounts: [active()], questions: [], warnings: [] }),
  tools_policy: () => ({ accounts: [active()], questions: [], warnings: [], grants: [liveGrant()] }),
};

/** A host that plays the scene and answers every command as the program would. */
export function demoHost(scene: string): Host {
  const updates: UpdateStatus = { mode: "notify", locked: false, server: "updates.example.com", installs: true, newer: null, problem: null };
  // What is spoken when the page opens is the language of the system.
  const spoken = language();
  let snapshot: Snapshot = { ...(scenes[scene] ?? scenes.active!)(), language: { used: isLanguage(spoken) ? spoken : "en", configured: null, locked: false }, updates };
  const settings = new Map<string, SessionSettings>();
  let grants: KeptGrants = scene === "tools_empty" ? { kept: [], policy: [] } : decided;
  if (scene === "tools_policy") {
    grants = { kept: [], policy: [{ allows: false, program: "/usr/bin/curl" }, { allows: true, program: "/opt/example/bin/updater" }] };
  }
  const listeners = new Set<(snapshot: Snapshot) => void>();
  const show = (next: Partial<Snapshot>) => {
    snapshot = { ...snapshot, ...next };
    for (const listener of listeners) listener(snapshot);
  };
  const change = (name: string, to: (status: SessionStatus) => SessionStatus) =>
    show({
      accounts: snapshot.accounts.map((a) => (a.account === name ? to(a) : a)),
      questions: snapshot.questions.filter((question) => question.account !== name),
    });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const same = ({ account: name, label, issuer, provider }: SessionStatus) => ({ account: name, label, issuer, provider });

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
    signOut: async (name) => {
      change(name, (a) =>
        account({ ...same(a), state: "ended", ended: "user_logout", ended_at: now(), provider_end: "pending" }),
      );
      void pause(1500).then(() => change(name, (a) => (a.provider_end === "pending" ? { ...a, provider_end: "ended" } : a)));
    },
    remindLater: async (name) => change(name, (a) => ({ ...a, reminder: null })),
    keep: async (name) => change(name, (a) => active({ ...same(a), expires_in: 900 })),
    openMonitor: async (name) => {
      await pause(600);
      change(name, (a) => ({ ...a, signals: signals("works") }));
    },
    answer: async (id, keep) => {
      const question = snapshot.questions.find((q) => q.id === id);
      if (question === undefined) return;
      if (!keep) change(question.account, (a) => account({ ...same(a), state: "ended", ended: "declined", ended_at: now() }));
      else if (question.can_be_kept) change(question.account, (a) => active({ ...same(a), expires_in: 900 }));
      else show({ questions: snapshot.questions.filter((q) => q.id !== id) });
    },
    claims: async (name) => ({
      account: name,
      issuer: "https://id.example.com",
      mapped: false,
      read_at: now() - 240,
      claims: {
        email: "alice@example.com",
        email_verified: true,
        groups: ["staff", "developers"],
        name: "Alice Example",
        address: { country: "DE", locality: "Hamburg" },
        sub: "248289761001",
        auth_time: now() - 3600,
        updated_at: now() - 86_400 * 40,
      },
    }),
    settings: async (name) =>
      scene === "locked_settings" ? { ...usual, locked: ["end_after", "absolute", "on_lock", "watch", "revoke"] } :
      settings.get(name) ?? (scene === "ways" ? { ...usual, watch: ["iframe", "refresh", "frontchannel", "backchannel", "events"] } : usual),
    changeSettings: async (name, changed) => {
      await pause(300);
      if (changed.warn_after >= changed.end_after) {
        throw { code: "config_account", message: "`warn_after` has to be shorter than `end_after` and more than zero." };
      }
      if (changed.poll < 2) throw { code: "invalid_account", message: "`provider.poll` has to be at least two seconds." };
      settings.set(name, changed);
      change(name, (a) => ({ ...a, advised_end_after: changed.end_after > 840 ? a.advised_end_after : null }));
    },
    changeUpdates: async (mode) => show({ updates: { ...updates, mode } }),
    changeLanguage: async (configured) => show({ language: { used: configured ?? systemLanguage(), configured, locked: false } }),
    onNavigate: async () => () => {},
    accountLink: async () => null,
    presets: async () => presets,
    diagnosis: async () =>
      scene === "trouble_help"
        ? diagnosis({
            vault: "memory",
            presence: { lock: [], sleep: [], input: null, locked: false },
            configuration: {
              file: "/home/alice/.config/abide/config.toml",
              ok: false,
              problems: [
                { severity: "error", account: "work", line: 7, column: 14, message: "`end_after` has to be longer than `warn_after`.", suggestion: "end_after = \"15m\"" },
                { severity: "advice", account: "work", line: null, column: null, message: "The provider supports DPoP. Tokens could be bound to this computer.", suggestion: "dpop = true" },
              ],
            },
          })
        : diagnosis(),
    discover: async (issuer, preset) => {
      await pause(600);
      if (!issuer.startsWith("https://")) {
        throw { code: "issuer_not_https", message: `${issuer} is not an https address. Ask your provider for the address that begins with https://.` };
      }
      const provider = new URL(issuer).host;
      const title = presets.find((each) => each.name === preset)?.title ?? null;
      const registration = scene === "registers";
      return discovered({ issuer, provider, suggested_name: "work-2", revocation: false, registration, preset, preset_title: title });
    },
    addAccount: async ({ name, issuer, client_id }) => {
      await pause(400);
      show({ accounts: [...snapshot.accounts, account({ account: name, issuer, provider: new URL(issuer).host })] });
      return { name, client_id: client_id ?? "registered", notes: [] };
    },
    keptGrants: async () => grants,
    answerConsent: async (id, { allow, span }) => {
      const question = snapshot.consents?.find((each) => each.id === id);
      if (question === undefined) throw { code: "not_found", message: "This question is no longer open." };
      const live = liveGrant({
        id: 100 + id, program: question.program, targets: question.targets, span, allows: allow, tokens: allow ? 1 : 0, since: now(),
        last_used: allow ? now() : null,
      });
      const lasts = span !== "once" && span !== "always" && span !== "script";
      show({
        consents: snapshot.consents?.filter((each) => each.id !== id) ?? [],
        grants: [...(snapshot.grants ?? []), ...(lasts ? [live] : [])],
      });
    },
    stopGrant: async (id) => show({ grants: snapshot.grants?.filter((each) => each.id !== id) ?? [] }),
    revokeGrant: async (name) => void (grants = { ...grants, kept: grants.kept.filter((each) => each.name !== name) }),
    restoreGrant: async (name) => void (grants = { ...grants, kept: decided.kept.filter((each) => each.name === name || grants.kept.includes(each)) }),
    activity: async (query) => (scene === "activity_empty" ? { lines: [], next: null, reached: null, unread: 0 } : page(query, Date.now())),
    activityDay: async (from, to) => (scene === "activity_empty" ? { hours: hours(0, to - from, 0).hours, oldest: null } : hours(from, to, Date.now())),
    verifyRecord: async () =>
      scene === "activity_broken"
        ? {
            ok: false, lines: 840, first: 1, last: 842, missing: 0, more: 0,
            findings: [{ code: "line_changed", line: 311, to: null, file: null }, { code: "lines_missing", line: 402, to: 403, file: null }],
          }
        : { ok: true, lines: 840, first: 1, last: 840, missing: 0, more: 0, findings: [] },
    exportRecord: async () => ({ file: "/home/alice/Downloads/abide-record.jsonl", lines: 838, unread: scene === "activity_broken" ? 2 : 0 }),
    removeAccount: async (name) => {
      const waiting = (a: SessionStatus) => a.account === name && a.removing;
      change(name, (a) => ({ ...a, removing: true }));
      void pause(15_000).then(() => show({ accounts: snapshot.accounts.filter((a) => !waiting(a)) }));
    },
    undoRemoval: async (name) => change(name, (a) => ({ ...a, removing: false })),
    renameAccount: async (name, label) => change(name, (a) => ({ ...a, label })),
    orderAccounts: async (names) => show({ accounts: [...snapshot.accounts].sort((a, b) => names.indexOf(a.account) - names.indexOf(b.account)) }),
  };
}
