// A host whose answers the test gives, and a mounted window.
import { flushSync, mount, unmount } from "svelte";
import { onTestFinished, vi } from "vitest";
import App from "../src/App.svelte";
import { account, consent, diagnosis, discovered, keptGrant, layer, liveGrant, presets, usual } from "../src/demo/host";
import { activityLine } from "../src/demo/record";
import type { Host } from "../src/lib/host";
import type {
  AccountLink,
  ActivityDay, ActivityPage, ActivityQuery, ClaimsAnswer, KeptGrants, NewAccount, Question, RecordReport, SessionSettings, SessionStatus,
  Snapshot,
} from "../src/lib/wire";

export { account as status, activityLine, consent, diagnosis, discovered, keptGrant, layer, liveGrant, presets };

export const active = (over: Partial<SessionStatus> = {}) =>
  account({
    state: "active",
    user: "alice@example.com",
    expires_in: 702,
    lifetime: 900,
    limit: "idle",
    at_most_until: Date.UTC(2026, 0, 2, 21, 4) / 1000,
    access_token_expires_in: 240,
    renewable: true,
    can_be_kept: true,
    ...over,
  });

export const question = (over: Partial<Question> = {}): Question => ({
  id: 7,
  account: "work",
  label: null,
  provider: "id.example.com",
  seconds_left: 58,
  limit: "idle",
  can_be_kept: true,
  yes_keeps_until: Date.UTC(2026, 0, 2, 12, 15) / 1000,
  ...over,
});

export const settings = (over: Partial<SessionSettings> = {}): SessionSettings => ({
  ...usual,
  ...over,
});

export const claims: ClaimsAnswer = {
  account: "work",
  issuer: "https://id.example.com",
  mapped: false,
  read_at: Date.UTC(2026, 0, 2, 11, 58) / 1000,
  claims: { groups: ["staff", "dev"], email: "alice@example.com", email_verified: true, odd: ["a,b"] },
};

export const snapshot = (accounts: SessionStatus[], over: Partial<Snapshot> = {}): Snapshot => ({
  accounts,
  questions: [],
  warnings: [],
  ...over,
});

export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
  flushSync();
}

/** Mounts the window at noon of 2 January 2026 (UTC), with a clock that only the test moves. */
export async function open(first: Snapshot | Promise<Snapshot>, answers: Partial<Host> = {}) {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 12), toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  let listener: (snapshot: Snapshot) => void = () => {};
  let navigate: (place: string) => void = () => {};
  const host = {
    snapshot: vi.fn(async () => first),
    watch: vi.fn(async (l: (snapshot: Snapshot) => void) => ((listener = l), () => {})),
    signIn: vi.fn(async () => {}),
    cancelSignIn: vi.fn(async () => {}),
    signOut: vi.fn(async () => {}),
    keep: vi.fn(async () => {}),
    remindLater: vi.fn(async () => {}),
    openMonitor: vi.fn(async () => {}),
    answer: vi.fn(async () => {}),
    claims: vi.fn(async (account: string) => ({ ...claims, account })),
    settings: vi.fn(async () => settings()),
    changeSettings: vi.fn(async () => {}),
    changeLanguage: vi.fn(async () => {}),
    changeUpdates: vi.fn(async () => {}),
    onNavigate: vi.fn(async (l: (place: string) => void) => ((navigate = l), () => {})),
    discover: vi.fn(async () => {
      throw { code: "unexpected", message: "unexpected" };
    }),
    accountLink: vi.fn(async (): Promise<AccountLink | null> => null),
    presets: vi.fn(async () => presets),
    addAccount: vi.fn(async (account: NewAccount) => ({ name: account.name, client_id: account.client_id ?? "", notes: [] as string[] })),
    diagnosis: vi.fn(async () => diagnosis()),
    keptGrants: vi.fn(async (): Promise<KeptGrants> => ({ kept: [], policy: [] })),
    answerConsent: vi.fn(async () => {}),
    stopGrant: vi.fn(async () => {}),
    revokeGrant: vi.fn(async () => {}),
    restoreGrant: vi.fn(async () => {}),
    activity: vi.fn(async (_: ActivityQuery): Promise<ActivityPage> => ({ lines: [], next: null, reached: null, unread: 0 })),
    activityDay: vi.fn(async (_from: number, _to: number): Promise<ActivityDay> => ({ hours: [], oldest: null })),
    verifyRecord: vi.fn(async (): Promise<RecordReport> => ({ ok: true, lines: 4, first: 1, last: 4, missing: 0, findings: [], more: 0 })),
    exportRecord: vi.fn(async () => ({ file: "/home/alice/Downloads/abide-record.jsonl", lines: 4, unread: 0 })),
    removeAccount: vi.fn(async () => {}),
    undoRemoval: vi.fn(async () => {}),
    renameAccount: vi.fn(async () => {}),
    orderAccounts: vi.fn(async () => {}),
    ...answers,
  } satisfies Host;
  const target = document.body.appendChild(document.createElement("div"));
  const app = mount(App, { target, props: { host } });
  onTestFinished(async () => {
    await unmount(app);
    target.remove();
    vi.useRealTimers();
  });
  await settle();

  const buttons = () => [...target.querySelectorAll("button")];
  return {
    host,
    target,
    text: () => (target.querySelector("main")?.textContent ?? "").replace(/\s+/g, " ").trim(),
    labels: () => buttons().map((b) => b.textContent?.trim() || b.getAttribute("aria-label")),
    button: (label: string) => {
      const found = buttons().find((b) => (b.textContent?.trim() || b.getAttribute("aria-label")) === label);
      if (!found) throw new Error(`no button “${label}” among ${buttons().map((b) => b.textContent)}`);
      return found;
    },
    preset: (name: string) => target.querySelector<HTMLElement>(`[data-preset="${name}"]`)!,
    field: (id: string) => target.querySelector<HTMLInputElement>(`#${id}`)!,
    said: () => target.querySelector(":scope > [role=status]")?.textContent,
    asked: () => target.querySelector(":scope > [role=alert]")?.textContent,
    async show(next: Snapshot) {
      listener(next);
      await settle();
    },
    async navigate(place: string) {
      navigate(place);
      await settle();
    },
    async pass(seconds: number) {
      vi.advanceTimersByTime(seconds * 1000);
      await settle();
    },
    async click(element: HTMLElement) {
      element.focus();
      element.click();
      await settle();
    },
    async type(id: string, text: string) {
      const field = target.querySelector<HTMLInputElement>(`#${id}`)!;
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
    },
    async enter(id: string) {
      // What a browser does for Enter in a field: the form's submit button is activated.
      target.querySelector<HTMLInputElement>(`#${id}`)!.form!.requestSubmit();
      await settle();
    },
    async escape() {
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      await settle();
    },
  };
}
