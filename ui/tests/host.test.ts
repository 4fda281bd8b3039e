import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test } from "vitest";
import build from "../../src-tauri/build.rs?raw";
import capabilities from "../../src-tauri/capabilities/main.json?raw";
import program from "../../src-tauri/src/lib.rs?raw";
import { usual } from "../src/demo/host";
import host from "../src/lib/host.ts?raw";
import { asWindowError, tauriHost } from "../src/lib/host";

afterEach(clearMocks);

test("every command goes to the program under its own name, with its arguments", async () => {
  const calls: [string, unknown][] = [];
  mockIPC((command, args) => void calls.push([command, args]));
  const account = { name: "work", issuer: "https://id.example.com", client_id: "abide", register: false, preset: null, client_secret_file: null, initial_token_file: null };
  await tauriHost.snapshot();
  await tauriHost.signIn("work");
  await tauriHost.cancelSignIn("work");
  await tauriHost.signOut("work");
  await tauriHost.keep("work");
  await tauriHost.discover("https://id.example.com", "okta");
  await tauriHost.addAccount(account);
  await tauriHost.removeAccount("work");
  await tauriHost.watch(() => {});
  await tauriHost.answer(7, false);
  await tauriHost.settings("work");
  const settings = usual;
  await tauriHost.changeSettings("work", settings);
  await tauriHost.changeLanguage("es");
  await tauriHost.changeUpdates("notify");
  await tauriHost.onNavigate(() => {});
  await tauriHost.openMonitor("work");
  await tauriHost.presets();
  await tauriHost.diagnosis();
  await tauriHost.keptGrants();
  await tauriHost.answerConsent(3, { allow: true, span: "run" });
  await tauriHost.stopGrant(4);
  await tauriHost.revokeGrant("ci");
  await tauriHost.restoreGrant("ci");
  const query = { from: 1, to: null, before: null, kinds: [], account: null, text: "curl" };
  await tauriHost.activity(query);
  await tauriHost.activityDay(1, 2);
  await tauriHost.verifyRecord();
  await tauriHost.exportRecord();
  await tauriHost.undoRemoval("work");
  await tauriHost.renameAccount("work", null);
  await tauriHost.orderAccounts(["lab", "work"]);
  await tauriHost.remindLater("work", 1767362400);
  await tauriHost.accountLink();
  expect(calls.map(([command]) => command)).toEqual([
    "snapshot", "sign_in", "cancel_sign_in", "sign_out", "keep", "discover", "add_account", "remove_account", "plugin:event|listen",
    "answer", "settings", "change_settings", "change_language", "change_updates", "plugin:event|listen", "open_monitor", "presets", "diagnosis",
    "kept_grants", "answer_consent", "stop_grant", "revoke_grant", "restore_grant",
    "activity", "activity_day", "verify_record", "export_record",
    "undo_removal", "rename_account", "order_accounts", "remind_later", "account_link",
  ]);
  expect(calls[1]?.[1]).toEqual({ account: "work" });
  expect(calls[5]?.[1]).toEqual({ issuer: "https://id.example.com", preset: "okta" });
  expect(calls[6]?.[1]).toEqual({ account });
  expect(calls[8]?.[1]).toMatchObject({ event: "snapshot" });
  expect(calls[9]?.[1]).toEqual({ question: 7, keep: false });
  expect(calls[10]?.[1]).toEqual({ account: "work" });
  expect(calls[11]?.[1]).toEqual({ account: "work", settings });
  expect(calls[12]?.[1]).toEqual({ language: "es" });
  expect(calls[13]?.[1]).toEqual({ mode: "notify" });
  expect(calls[14]?.[1]).toMatchObject({ event: "navigate" });
  expect(calls[15]?.[1]).toEqual({ account: "work" });
  expect(calls.slice(19, 23).map(([, args]) => args)).toEqual([
    { question: 3, answer: { allow: true, span: "run" } }, { grant: 4 }, { name: "ci" }, { name: "ci" },
  ]);
  expect(calls[23]?.[1]).toEqual({ query });
  expect(calls[24]?.[1]).toEqual({ from: 1, to: 2 });
  expect(calls.slice(27, 31).map(([, args]) => args)).toEqual([
    { account: "work" }, { account: "work", label: null }, { names: ["lab", "work"] }, { account: "work", at: 1767362400 },
  ]);
});

test("an error of the program keeps its code and words; anything else gets words that help", () => {
  expect(asWindowError({ code: "a", message: "b" })).toEqual({ code: "a", message: "b", field: null });
  expect(asWindowError("command not found").message).toContain("open it again from the tray");
  expect(asWindowError(new Error("x")).code).toBe("window_failed");
});

test("the program permits every command of the window, and no other", () => {
  const names = (text: string, name: RegExp) => [...text.matchAll(name)].map((found) => found[1]!.replaceAll("-", "_")).sort();
  const between = (text: string, begin: string, end: string) => text.split(begin)[1]!.split(end)[0]!;
  const called = names(host, /invoke\("(\w+)"/g);
  expect(called).toContain("snapshot");
  expect(names(between(program, "generate_handler![", "]"), /window::(\w+)/g)).toEqual(called);
  expect(names(between(build, "const COMMANDS", "];"), /"(\w+)"/g)).toEqual(called);
  expect(names(capabilities, /"allow-([\w-]+)"/g)).toEqual(called);
});
