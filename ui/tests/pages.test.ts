// The wording of each page, in one file for each: a better sentence changes `tests/pages/NAME.txt` and nothing else.
import { expect, test } from "vitest";
import { active, activityLine, consent, diagnosis, discovered, keptGrant, layer, liveGrant, open, question, snapshot, status } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;

/** All texts of the page, a line each, also those for screen readers. */
function words(root: Element): string {
  const lines: string[] = [];
  const walk = (node: Node) => {
    if (node instanceof HTMLElement && (node.tagName === "CODE" || node.tagName === "BDI")) return void lines.push(node.textContent!);
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent!.replace(/\s+/g, " ").trim();
      if (text !== "") lines.push(text);
    }
    if (node instanceof Element && node.hasAttribute("aria-label")) lines.push(`[${node.getAttribute("aria-label")}]`);
    node.childNodes.forEach(walk);
  };
  walk(root);
  return `${lines.join("\n")}\n`;
}

const ends = ["pending", "local_only", "ended", "goes_on", "unchecked"] as const;
const reasons = [
  "user_logout", "idle_timeout", "absolute_timeout", "declined", "provider_logout", "refresh_rejected", "screen_locked",
] as const;

test("the page of the accounts", async () => {
  const ended = { state: "ended", ended_at: noon - 600 } as const;
  const layers = [
    layer({ since: noon - 3600, ends_at: noon + 702 }),
    layer({ layer: "provider", name: "id.example.com", since: noon - 3600, evidence: "refresh", checked_at: noon - 20 }),
    layer({ layer: "identity_provider", name: "Example Bank", state: "unknown", methods: ["pwd", "otp"] }),
  ];
  const declared = layers.map((layer) => (layer.layer === "provider" ? { ...layer, ends_at: noon + 702 } : layer));
  const accounts = [
    status({ account: "signed-out" }),
    status({ account: "authorizing", state: "authorizing" }),
    active({ account: "idle", layers, advised_end_after: 840 }),
    active({ account: "absolute", limit: "absolute", can_be_kept: false }),
    active({ account: "provider", limit: "provider" }),
    active({ account: "declared", limit: "provider", provider_limit: "session_expiry", layers: declared }),
    active({ account: "renewed", limit: "provider", provider_limit: "refresh_expires_in" }),
    active({ account: "frozen", frozen: true }),
    ...reasons.map((reason) => status({ account: reason, ...ended, ended: reason })),
    ...ends.map((end) => status({ account: end, ...ended, ended: "user_logout", provider_end: end })),
  ];
  const window = await open(snapshot(accounts));
  await expect(words(window.target)).toMatchFileSnapshot("pages/accounts.txt");
});

test("what can be changed about an account", async () => {
  const window = await open(snapshot([active({ label: "Example & Sons" }), status({ account: "lab" })]));
  const details = window.target.querySelector<HTMLDetailsElement>("[data-manage]")!;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  await window.pass(1);
  const form = words(details);
  await window.show(snapshot([active({ label: "Example & Sons", removing: true }), status({ account: "lab", removing: true })]));
  await expect(`${form}\n${words(window.target.querySelector("main")!)}`).toMatchFileSnapshot("pages/manage.txt");
});

test("the page without an account, and with the demo account alone", async () => {
  const window = await open(snapshot([]));
  const empty = words(window.target);
  await window.show(snapshot([status({ account: "demo", issuer: "http://127.0.0.1:47610" })]));
  await expect(`${empty}\n${words(window.target)}`).toMatchFileSnapshot("pages/welcome.txt");
});

test("the question", async () => {
  const limits = ["idle", "absolute", "provider"] as const;
  const questions = limits.flatMap((limit, i) => [
    question({ id: i, account: `${limit}-yes`, limit, seconds_left: 58 }),
    question({ id: i + 10, account: `${limit}-no`, limit, seconds_left: 178, can_be_kept: false }),
  ]);
  const window = await open(snapshot([active({ state: "expiring" })], { questions }));
  const banner = window.target.querySelector("section")!;
  await expect(words(banner)).toMatchFileSnapshot("pages/question.txt");
});

test("the page that adds an account", async () => {
  const found = discovered;
  const none = { offline_access: false, provider_logout: false, revocation: false, session_management: false, device: false, pushed_requests: false };
  const pages: string[] = [];
  for (const offer of [found(), found({ offline_access: null, registration: true, dpop: true }), found(none)]) {
    const window = await open(snapshot([status()]), { discover: async () => offer });
    await window.click(window.button("Add an account"));
    if (pages.length === 0) pages.push(words(window.target));
    await window.type("issuer", "https://id.example.net/");
    await window.enter("issuer");
    pages.push(words(window.target));
  }
  const window = await open(snapshot([status()]));
  await window.click(window.button("Add an account"));
  await window.click(window.preset("keycloak"));
  pages.push(words(window.target));
  const link = { issuer: "https://id.example.net", host: "id.example.net", client_id: "abide" };
  const linked = await open(snapshot([]), { accountLink: async () => link });
  await linked.navigate("link");
  pages.push(words(linked.target));
  await expect(pages.join("\n")).toMatchFileSnapshot("pages/add-account.txt");
});

test("the page that helps", async () => {
  const account = active({ clock_skew: 400, last_error: "id.example.com cannot be reached.", last_error_code: "unreachable" });
  const bad = diagnosis({ vault: "memory", presence: { lock: [], sleep: [], input: null, locked: false } });
  const pages: string[] = [];
  for (const found of [diagnosis(), bad]) {
    const window = await open(snapshot([account], { warnings: ["There is no keyring."] }), { diagnosis: async () => found });
    await window.click(window.button("Help"));
    pages.push(words(window.target));
  }
  await expect(pages.join("\n")).toMatchFileSnapshot("pages/help.txt");
});

test("the page of the settings", async () => {
  const window = await open(snapshot([active({ advised_end_after: 840 })]));
  await window.click(window.button("Settings"));
  await expect(words(window.target)).toMatchFileSnapshot("pages/settings.txt");
});

test("the page of the tools", async () => {
  const spans = ["once", "run", "terminal", "agent", "session", "script", "always"] as const;
  const kinds = ["program", "interpreter", "terminal", "forwarder", "background", "unknown"] as const;
  const because = ["new", "changed", "wider", "ended", "new", "new"] as const;
  const consents = kinds.map((kind, i) =>
    consent({ id: i, kind, because: because[i]!, spans: [...spans], asked_at: noon - 12, signs_in: i === 0, waiting: i + 1, script: kind === "interpreter" ? "/home/alice/a.py" : null, reason: "to plan" }),
  );
  const grants = [
    ...spans.map((span, i) => liveGrant({ id: i, span, tokens: i, last_used: i === 0 ? null : noon - 35, since: noon - 300 })),
    liveGrant({ id: 20, allows: false, targets: [], last_used: null }),
  ];
  const kept = [
    keptGrant({ since: noon - 3600, last_used: noon - 300 }),
    keptGrant({ name: "ci", kind: "key", path: null, account: null, targets: [], tokens: 0, last_used: null, since: noon - 40 * 86_400 }),
    keptGrant({ name: "a.py", kind: "script", scopes: ["email"], until: noon + 9 * 86_400, since: noon - 86_400, last_used: noon - 300 }),
    keptGrant({ name: "weather", allows: false, tokens: 0, last_used: null, since: noon - 60 }),
  ];
  const policy = [{ allows: false, program: "/usr/bin/curl" }, { allows: true, program: "/usr/bin/tool" }];
  const window = await open(snapshot([active()], { consents, grants }), { keptGrants: async () => ({ kept, policy }) });
  await window.navigate("tools");
  const full = words(window.target);
  const empty = await open(snapshot([active()]));
  await empty.navigate("tools");
  await expect(`${full}\n${words(empty.target)}`).toMatchFileSnapshot("pages/tools.txt");
});

test("the page of the activity", async () => {
  const { EVENT } = await import("../src/lib/activity");
  const caller = { kind: "program", name: null, program: "/usr/bin/curl", sha256: null, started_by: null, labels: [] };
  const lines = Object.keys(EVENT).map((event, i) =>
    activityLine({
      n: 100 - i, event, time: noon * 1000 - i * 60_000, caller: event.startsWith("token") ? caller : null, name: i % 2 === 0 ? "ci" : null,
      kind: event === "token.refused" ? "refusals" : "tokens", user: "alice@example.com", times: i === 0 ? 12 : 1,
      until: i === 0 ? noon * 1000 : null, audience: event === "token.served" ? ["https://api.example.com"] : [],
      reason: event === "session.ended" ? "idle_timeout" : event === "question.answered" ? "yes" : null, missing: event === "session.kept" ? 3 : 0,
    }),
  );
  const activity = async () => ({ lines, next: 3, reached: noon * 1000, unread: 2 });
  const hours = Array.from({ length: 24 }, (_, i) => ({ served: i, refused: 1, renewed: 1, began: 0, ended: 0 }));
  const full = await open(snapshot([active(), status({ account: "lab" })]), { activity, activityDay: async () => ({ hours, oldest: 0 }) });
  await full.navigate("activity");
  for (const name of ["Verify", "Export"]) await full.click(full.button(name));
  const empty = await open(snapshot([active()]));
  await empty.navigate("activity");
  const main = (window: typeof full) => words(window.target.querySelector("main")!);
  await expect(`${main(full)}\n${main(empty)}`).toMatchFileSnapshot("pages/activity.txt");
});
