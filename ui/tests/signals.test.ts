import { expect, test } from "vitest";
import rust from "../../crates/cli/src/view/signals.rs?raw";
import { text } from "../src/lib/locale.svelte";
import { watched } from "../src/lib/signals";
import type { Signal, SignalState } from "../src/lib/wire";
import { active } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;

const signals = ["iframe", "refresh", "introspection", "userinfo", "frontchannel", "backchannel", "events"] as const;

test("what tells is named as in the terminal, in the same words", () => {
  for (const signal of signals) {
    const name = signal[0]!.toUpperCase() + signal.slice(1);
    expect(rust).toContain(`Signal::${name} => "${text(`signal-${signal}`)}",`);
  }
});

test("each state has its words, and only what is lost stands out", async () => {
  const states = ["waiting", "works", "blocked", "closed", "unclear", "failed", "not_offered"] as const;
  const one = (signal: Signal, state: SignalState) => watched(active({ signals: [{ signal, state, heard_at: noon - 200 }] }), noon)[0]!;
  for (const state of states) {
    expect(one("iframe", state).lost).toBe(["blocked", "closed", "unclear", "failed"].includes(state));
    expect(one("iframe", state).canOpen).toBe(state === "closed");
  }
  const possible = (signal: Signal) => states.filter((state) => signal === "iframe" || (state !== "blocked" && state !== "closed" && state !== "unclear"));
  const page = signals.flatMap((signal) => possible(signal).map((state) => `${one(signal, state).name}: ${one(signal, state).text}`));
  await expect([...new Set(page)].join("\n")).toMatchFileSnapshot("pages/signals.txt");
});

test("what the provider has sent in vain is named by its code", () => {
  const shown = watched(active({ signals: [{ signal: "backchannel", state: "failed", heard_at: null, code: "logout_token_id_missing" }] }), noon)[0]!;
  expect(shown.lost).toBe(true);
  expect(shown.text).toContain("logout_token_id_missing");
});
