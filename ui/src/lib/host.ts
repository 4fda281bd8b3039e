// The one file that knows Tauri. Views know the interface only.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { text } from "./locale.svelte";
import { inWords } from "./problems";
import type {
  AccountLink, ActivityDay, ActivityPage, ActivityQuery, ClaimsAnswer, ConsentAnswer, Diagnosis, DiscoveredProvider, KeptGrants, Language, NewAccount, NewAccountAdded, ProviderPreset,
  RecordExport, RecordReport, SessionSettings,
  SettingField, Snapshot, UpdateMode, WindowError,
} from "./wire";

/** What the window can ask of the program. Every promise is rejected with something `asWindowError` understands. */
export interface Host {
  snapshot(): Promise<Snapshot>;
  /** Calls `listener` with each new snapshot until the returned function is called. */
  watch(listener: (snapshot: Snapshot) => void): Promise<() => void>;
  signIn(account: string): Promise<void>;
  cancelSignIn(account: string): Promise<void>;
  signOut(account: string): Promise<void>;
  keep(account: string): Promise<void>;
  /** Reminds of the end that nothing extends again: at this time (Unix seconds), or else in ten minutes. */
  remindLater(account: string, at: number | null): Promise<void>;
  /** Opens the tab again that watches the provider's session. */
  openMonitor(account: string): Promise<void>;
  /** Answers a question. One that has closed is ignored. */
  answer(question: number, keep: boolean): Promise<void>;
  /** What the provider says about the person who is signed in. */
  claims(account: string): Promise<ClaimsAnswer>;
  settings(account: string): Promise<SessionSettings>;
  /** Checked, written down, and in force at once. */
  changeSettings(account: string, settings: SessionSettings): Promise<void>;
  /** Chooses the language of all that Abide shows; `null` for that of the system. */
  changeLanguage(language: Language | null): Promise<void>;
  /** Chooses what Abide does about newer versions of itself. */
  changeUpdates(mode: UpdateMode): Promise<void>;
  /** Calls `listener` with the place that the program wants to be shown, until the returned function is called. */
  onNavigate(listener: (place: string) => void): Promise<() => void>;
  /** The account that a link asks for, once; `null` without one. */
  accountLink(): Promise<AccountLink | null>;
  /** The providers whose settings are known. */
  presets(): Promise<ProviderPreset[]>;
  /** Asks the provider what it offers. Without a preset, the one that fits the address is used. */
  discover(issuer: string, preset: string | null): Promise<DiscoveredProvider>;
  /** Tested as far as that is possible without a sign-in, and then written down. */
  addAccount(account: NewAccount): Promise<NewAccountAdded>;
  /** Removes an account in some seconds, or when the window closes. Until then nothing changes. */
  removeAccount(account: string): Promise<void>;
  /** Keeps an account that was to be removed. */
  undoRemoval(account: string): Promise<void>;
  /** Gives an account a title; with `null`, its name is shown. */
  renameAccount(account: string, label: string | null): Promise<void>;
  /** Puts the accounts in another order. */
  orderAccounts(names: string[]): Promise<void>;
  /** The state of the program. */
  diagnosis(): Promise<Diagnosis>;
  /** What is decided about apps until it is revoked. What ends by itself is in the snapshot. */
  keptGrants(): Promise<KeptGrants>;
  /** Answers the question about an app. */
  answerConsent(question: number, answer: ConsentAnswer): Promise<void>;
  /** Takes back an answer that would end by itself. */
  stopGrant(grant: number): Promise<void>;
  revokeGrant(name: string): Promise<void>;
  /** Undoes the last revocation, for two minutes. */
  restoreGrant(name: string): Promise<void>;
  /** Lines of the record, the newest first, some at a time. */
  activity(query: ActivityQuery): Promise<ActivityPage>;
  /** The counts of a day: its limits in Unix milliseconds. */
  activityDay(from: number, to: number): Promise<ActivityDay>;
  verifyRecord(): Promise<RecordReport>;
  /** Copies the record into a new file in the folder for downloads. */
  exportRecord(): Promise<RecordExport>;
}

export const tauriHost: Host = {
  snapshot: () => invoke("snapshot"),
  watch: (listener) => listen<Snapshot>("snapshot", (event) => listener(event.payload)),
  signIn: (account) => invoke("sign_in", { account }),
  cancelSignIn: (account) => invoke("cancel_sign_in", { account }),
  signOut: (account) => invoke("sign_out", { account }),
  keep: (account) => invoke("keep", { account }),
  remindLater: (account, at) => invoke("remind_later", { account, at }),
  openMonitor: (account) => invoke("open_monitor", { account }),
  answer: (question, keep) => invoke("answer", { question, keep }),
  claims: (account) => invoke("claims", { account }),
  settings: (account) => invoke("settings", { account }),
  changeSettings: (account, settings) => invoke("change_settings", { account, settings }),
  changeLanguage: (language) => invoke("change_language", { language }),
  changeUpdates: (mode) => invoke("change_updates", { mode }),
  onNavigate: (listener) => listen<string>("navigate", (event) => listener(event.payload)),
  accountLink: () => invoke("account_link"),
  presets: () => invoke("presets"),
  discover: (issuer, preset) => invoke("discover", { issuer, preset }),
  addAccount: (account) => invoke("add_account", { account }),
  removeAccount: (account) => invoke("remove_account", { account }),
  undoRemoval: (account) => invoke("undo_removal", { account }),
  renameAccount: (account, label) => invoke("rename_account", { account, label }),
  orderAccounts: (names) => invoke("order_accounts", { names }),
  diagnosis: () => invoke("diagnosis"),
  keptGrants: () => invoke("kept_grants"),
  answerConsent: (question, answer) => invoke("answer_consent", { question, answer }),
  stopGrant: (grant) => invoke("stop_grant", { grant }),
  revokeGrant: (name) => invoke("revoke_grant", { name }),
  restoreGrant: (name) => invoke("restore_grant", { name }),
  activity: (query) => invoke("activity", { query }),
  activityDay: (from, to) => invoke("activity_day", { from, to }),
  verifyRecord: () => invoke("verify_record"),
  exportRecord: () => invoke("export_record"),
};

/** The reason of a rejected command, as an error with a sentence for people. */
export function asWindowError(reason: unknown): WindowError {
  if (typeof reason === "object" && reason !== null && "message" in reason && "code" in reason) {
    const field = "field" in reason ? (reason.field as SettingField | null) : null;
    const code = String(reason.code);
    return { code, message: inWords(code, String(reason.message)), field };
  }
  return {
    code: "window_failed",
    message: text("window-failed"),
    field: null,
  };
}
