import { expect, test, vi } from "vitest";
import { advised, exactDuration, parseDuration, refused, signalsOf, waysOf } from "../src/lib/settings";
import type { SessionSettings, SettingField } from "../src/lib/wire";
import { active, open, settings, settle, snapshot, status } from "./mount";

const reject = (message: string, code = "x", field: SettingField | null = null) => async () => {
  throw { code, message, field };
};

test("times are understood as people write them, and written so that nothing is lost", () => {
  const read = ["15", "15 min", "15m", "1 h 30 min", "1h30m", "90s", " 12 Hours ", "1 d", "soon", "", "5 parsecs", "-5 min", "1.5 h"];
  expect(read.map(parseDuration)).toEqual([900, 900, 900, 5400, 5400, 90, 43_200, 86_400, null, null, null, null, null]);
  for (const seconds of [1, 59, 60, 432, 900, 5400, 43_200, 90_061]) expect(parseDuration(exactDuration(seconds))).toBe(seconds);
  expect([432, 43_200, 90_061].map(exactDuration)).toEqual(["7 min 12 s", "12 h", "1 d 1 h 1 min 1 s"]);
});

test("the question moves along with an idle time that was shortened, if it has to", () => {
  expect(advised(settings(), 840)).toEqual(settings({ end_after: 840 }));
  expect(advised(settings(), 540)).toEqual(settings({ end_after: 540, warn_after: 432 }));
});

async function opened(answers: Parameters<typeof open>[1] = {}, accounts = [active(), status({ account: "lab" })]) {
  const window = await open(snapshot(accounts), answers);
  await window.click(window.button("Settings"));
  return window;
}

test("the settings of an account are shown, changed and saved", async () => {
  const window = await opened();
  expect(document.activeElement).toBe(window.target.querySelector("h1"));
  expect(window.host.settings).toHaveBeenCalledExactlyOnceWith("work");
  expect(["end_after", "warn_after", "absolute"].map((id) => window.field(id).value)).toEqual(["15 min", "12 min", "12 h"]);
  expect(window.field("activity-requests").checked).toBe(true);
  expect(window.field("on_lock-freeze").checked).toBe(true);

  await window.type("end_after", "30");
  await window.type("absolute", "8h");
  await window.click(window.field("activity-both"));
  await window.click(window.field("on_lock-end"));
  await window.enter("end_after");
  const wanted = settings({ end_after: 1800, absolute: 28_800, activity: "both", on_lock: "end" });
  expect(window.host.changeSettings).toHaveBeenCalledExactlyOnceWith("work", wanted);
  expect(window.target.querySelector("main [role=status]")?.textContent).toMatch(/^Saved/);
  expect(window.field("end_after").value).toBe("30 min");
});

test("every field has a name and a sentence about it, and every choice says whom it suits", async () => {
  const window = await opened();
  for (const field of window.target.querySelectorAll<HTMLInputElement>("form input")) {
    expect(field.labels?.[0]?.textContent, field.id).toBeTruthy();
    const described = field.getAttribute("aria-describedby")!.split(" ").map((id) => document.getElementById(id)?.textContent);
    expect(described.join(""), field.id).toMatch(/\.$/);
  }
  expect([...window.target.querySelectorAll("legend")].map((legend) => legend.textContent)).toEqual([
    "How long the session lasts", "What counts as use", "When the screen is locked", "Your provider",
    "How Abide learns that the provider’s session has ended",
  ]);
});

test("what notices the provider’s end, and what it is told, can be switched", async () => {
  const window = await opened();
  const boxes = () => [...window.target.querySelectorAll<HTMLInputElement>("[type=checkbox]")].map((box) => `${box.id} ${box.checked}`);
  expect(boxes()).toEqual(["remind true", "remind_provider true", "watch-iframe true", "watch-asks false", "claims true", "provider_logout false", "revoke true"]);
  expect(window.field("poll").value).toBe("1 min");

  await window.click(window.field("watch-iframe"));
  await window.click(window.field("watch-asks"));
  await window.click(window.field("provider_logout"));
  await window.click(window.field("revoke"));
  await window.type("poll", "90s");
  await window.enter("poll");
  const wanted = settings({ watch: ["introspection", "userinfo", "refresh"], poll: 90, provider_logout: true, revoke: false });
  expect(window.host.changeSettings).toHaveBeenCalledExactlyOnceWith("work", wanted);
});

test("what only some have is offered where it is configured, and stays on the page once it is switched off", async () => {
  const window = await opened({ settings: async () => settings({ watch: ["refresh", "userinfo", "backchannel"] }) });
  expect(window.field("watch-events")).toBeNull();
  expect(window.field("watch-backchannel").checked).toBe(true);
  await window.click(window.field("watch-backchannel"));
  await window.enter("poll");
  expect(window.host.changeSettings).toHaveBeenCalledExactlyOnceWith("work", settings({ watch: ["userinfo", "refresh"] }));
  expect(window.field("watch-backchannel").checked).toBe(false);
});

test("a way that is on keeps the signals it has, and one that is switched on gets all of its own", () => {
  expect(waysOf(["refresh", "introspection", "events"])).toEqual(["asks", "events"]);
  expect(signalsOf(["asks"], ["refresh", "introspection"])).toEqual(["introspection", "refresh"]);
  expect(signalsOf(["iframe", "asks"], ["refresh"])).toEqual(["iframe", "introspection", "userinfo", "refresh"]);
});

test("an interval that is too short is said at its field", async () => {
  const window = await opened({ changeSettings: reject("`end_after` is not the field", "poll_too_short", "poll") });
  await window.type("poll", "1 s");
  await window.enter("poll");
  expect(window.target.querySelector("#poll-problem")?.textContent).toBe(refused("poll_too_short"));
  expect(document.activeElement).toBe(window.field("poll"));
});

test("a time that is none is said at its field, and nothing is saved", async () => {
  const window = await opened();
  await window.type("warn_after", "soon");
  await window.enter("warn_after");
  expect(window.host.changeSettings).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(window.field("warn_after"));
  expect(window.field("warn_after").getAttribute("aria-invalid")).toBe("true");
  expect(window.target.querySelector("#warn_after-problem")?.textContent).toContain("15 min");
});

test("what the program refuses is said where it belongs, and what was typed stays", async () => {
  const window = await opened({ changeSettings: reject("`end_after` is longer.", "absolute_too_short", "absolute") });
  await window.type("absolute", "1 min");
  await window.enter("absolute");
  expect(window.target.querySelector("#absolute-problem")?.textContent).toBe(refused("absolute_too_short"));
  expect(document.activeElement).toBe(window.field("absolute"));
  expect(window.field("absolute").value).toBe("1 min");

  const other = await opened({ changeSettings: reject("The file cannot be written.") });
  await other.enter("end_after");
  expect(other.text()).toContain("The file cannot be written.");
});

test("settings that cannot be read are said to be so", async () => {
  const window = await opened({ settings: reject("There is no such account.") });
  expect(window.target.querySelector("main [role=alert]")?.textContent).toBe("There is no such account.");
  expect(window.target.querySelector("form")).toBeNull();
});

test("the advice sets an idle time that can be held, together with what is typed", async () => {
  const window = await opened({}, [active({ advised_end_after: 540 })]);
  await window.type("absolute", "8 h");
  await window.click(window.button("Set it to 9 min"));
  expect(window.host.changeSettings).toHaveBeenCalledExactlyOnceWith("work", settings({ end_after: 540, warn_after: 432, absolute: 28_800 }));
  await window.show(snapshot([active()]));
  expect(window.labels()).not.toContain("Set it to 9 min");
});

test("the advice on the card leads to the settings of its account", async () => {
  const window = await open(snapshot([active(), active({ account: "lab", advised_end_after: 1740 })]));
  expect(window.target.querySelector("[data-account=lab] .advice")?.textContent).toContain("29 min");
  await window.click(window.button("Change the settings"));
  expect(window.host.settings).toHaveBeenCalledExactlyOnceWith("lab");
});

test("another account's settings take the place of the first, and late answers do not", async () => {
  const answers: Record<string, (settings: SessionSettings) => void> = {};
  const window = await opened({ settings: vi.fn((account: string) => new Promise<SessionSettings>((resolve) => (answers[account] = resolve))) });
  const select = window.target.querySelector<HTMLSelectElement>("#account")!;
  expect(select.labels?.[0]?.textContent).toBe("Account");
  select.value = "lab";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  answers.lab!(settings({ end_after: 600, warn_after: 300 }));
  await settle();
  answers.work!(settings({ end_after: 3600 }));
  await settle();
  expect(window.field("end_after").value).toBe("10 min");
  await window.enter("end_after");
  expect(window.host.changeSettings).toHaveBeenCalledExactlyOnceWith("lab", settings({ end_after: 600, warn_after: 300 }));
});

test("Escape and Back lead to the accounts, and the focus to where it came from", async () => {
  const window = await opened();
  await window.escape();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Settings");
  await window.click(window.button("Settings"));
  await window.click(window.target.querySelector<HTMLElement>("header button")!);
  expect(window.text()).toContain("Accounts");
});

test("the program leads to the settings: by the address of a new window, and by an event", async () => {
  const window = await open(snapshot([active()]));
  await window.navigate("elsewhere");
  expect(window.text()).toContain("Accounts");
  await window.navigate("settings");
  expect(window.text()).toContain("How long the session lasts");

  location.hash = "#settings";
  const fresh = await open(snapshot([active()]));
  expect(fresh.text()).toContain("How long the session lasts");
  await fresh.escape();
  expect(location.hash).toBe("");
});

test("a question is asked over the settings too", async () => {
  const window = await opened();
  await window.type("end_after", "44 min");
  const question = { id: 1, account: "work", label: null, provider: "id.example.com", seconds_left: 58, limit: "idle" as const, can_be_kept: true, yes_keeps_until: 0 };
  await window.show(snapshot([active({ state: "expiring" }), status({ account: "lab" })], { questions: [question] }));
  expect(window.text()).toContain("Do you want to keep your session?");
  expect(window.field("end_after").value).toBe("44 min");
});

test("what an administrator has set is shown as locked, and says by whom", async () => {
  const window = await opened({ settings: async () => settings({ locked: ["end_after", "on_lock", "watch", "revoke"] }) });
  expect(window.field("end_after").readOnly).toBe(true);
  expect(window.field("warn_after").readOnly).toBe(false);
  expect(window.field("on_lock-end").disabled).toBe(true);
  expect(window.field("activity-both").disabled).toBe(false);
  expect(window.field("watch-iframe").disabled).toBe(true);
  expect([window.field("revoke").disabled, window.field("claims").disabled]).toEqual([true, false]);
  expect(document.getElementById("end_after-locked")?.textContent?.trim()).toBe("Set by your administrator.");
  expect(window.field("end_after").getAttribute("aria-describedby")).toContain("end_after-locked");
});
