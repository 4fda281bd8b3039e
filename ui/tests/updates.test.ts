// What Abide does about newer versions of itself, in the settings.
import { expect, test, vi } from "vitest";
import type { Snapshot, UpdateMode, UpdateStatus } from "../src/lib/wire";
import { open, settle, snapshot } from "./mount";

const with_ = (over: Partial<UpdateStatus> = {}): Snapshot => ({
  ...snapshot([]),
  updates: { mode: "off", locked: false, server: "updates.example.com", installs: true, newer: null, problem: null, ...over },
});

async function settings(over: Partial<UpdateStatus>, host: object = {}) {
  const window = await open(with_(over), host);
  await window.navigate("settings");
  return { window, select: window.target.querySelector<HTMLSelectElement>("#updates") };
}

test("the choice names the server before anything is sent to it", async () => {
  const changeUpdates = vi.fn(async (_: UpdateMode) => {});
  const { window, select } = await settings({}, { changeUpdates });
  expect([select?.value, ...[...select!.options].map(({ value }) => value)]).toEqual(["off", "off", "notify", "install"]);
  expect(window.target.querySelector("#updates-what")?.textContent).toContain("updates.example.com");
  select!.value = "install";
  select!.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(changeUpdates.mock.calls).toEqual([["install"]]);
});

test("a package that the system installs is only told of", async () => {
  const { select } = await settings({ installs: false });
  expect([...select!.options].map(({ value }) => value)).toEqual(["off", "notify"]);
});

test("a build that knows no server has nothing to choose", async () => {
  const { window, select } = await settings({ server: null });
  expect(select).toBeNull();
  expect(window.target.textContent).toContain("does not look for newer versions");
});

test("what was found, what went wrong and what an administrator has set is shown", async () => {
  for (const problem of ["unreachable", "not_signed", "damaged", "would_not_start", "not_written"] as const) {
    const { window, select } = await settings({ mode: "install", locked: true, newer: "2.0.0", problem });
    expect(select?.disabled).toBe(true);
    expect(window.target.querySelector("#updates-locked")).not.toBeNull();
    expect(window.target.querySelector("[role=status]")?.textContent).toContain("2.0.0");
    expect(window.target.querySelector("#updates-problem")?.textContent?.trim()).not.toBe("");
  }
});

test("a refusal is said", async () => {
  const refused = async () => {
    throw { code: "config_file", message: "The file cannot be written." };
  };
  const { window, select } = await settings({}, { changeUpdates: refused });
  select!.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(window.target.querySelector("#updates-problem")?.textContent?.trim()).toBe("The file cannot be written.");
});
