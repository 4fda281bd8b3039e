import { expect, test } from "vitest";
import rust from "../../crates/cli/src/signals.rs?raw";
import { SIGNAL, watched } from "../src/lib/signals";
import type { Signal, SignalState } from "../src/lib/wire";
import { active } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;

test("what tells is named as in the terminal, but for what is called renewing here", () => {
  for (const [signal, words] of Object.entries(SIGNAL)) {
    const name = signal[0]!.toUpperCase() + signal.slice(1);
    expect(rust).toContain(`Signal::${name} => "${signal === "refresh" ? "refreshes" : words}",`);
  }
});

test("each state has its words, and only what is lost stands out", () => {
  const said = (signal: Signal, state: SignalState, heard_at: number | null = null) => {
    const [one] = watched(active({ signals: [{ signal, state, heard_at }] }), noon);
    return `${one!.name}: ${one!.text}${one!.lost ? " (lost)" : ""}${one!.canOpen ? " (open)" : ""}`;
  };
  expect(said("iframe", "works", noon - 200)).toBe("Tab in the browser: works, heard 3 min ago");
  expect(said("iframe", "waiting")).toBe("Tab in the browser: nothing heard yet");
  expect(said("backchannel", "waiting")).toBe("Logout messages: waiting for word");
  expect(said("iframe", "blocked", noon - 200)).toBe(
    "Tab in the browser: your browser hides the provider’s cookie from it, so it cannot tell (lost)",
  );
  expect(said("iframe", "closed")).toBe("Tab in the browser: closed, or asleep (lost) (open)");
  expect(said("userinfo", "failed")).toBe("Questions about you: tried without result (lost)");
  expect(said("events", "not_offered")).toBe("Security events: not offered by the provider");
});
