import { expect, test } from "vitest";
import words from "../../crates/wire/src/text.rs?raw";
import { text as say } from "../src/lib/locale.svelte";
import * as text from "../src/lib/text";
import type { LimitSource } from "../src/lib/wire";
import { active, question, status } from "./mount";

const pascal = (name: string) => name.replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());
const noon = Date.UTC(2026, 0, 2, 12) / 1000;

const rust = words.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
const signals = ["iframe", "refresh", "introspection", "userinfo", "frontchannel", "backchannel", "events"] as const;
const ends = ["pending", "local_only", "ended", "goes_on", "unchecked", "shared"] as const;
const limits = ["idle", "absolute", "provider", "access_token"] as const;
const reasons = [
  "user_logout", "idle_timeout", "absolute_timeout", "provider_timeout", "access_token_expired", "declined", "provider_logout", "refresh_rejected",
  "answer_refused", "screen_locked", "account_removed",
] as const;

test("reasons and limits are worded as everywhere else", () => {
  for (const reason of reasons) expect(rust).toContain(`EndReason::${pascal(reason)} => "${say(`ended-${reason}`)}"`);
  for (const limit of limits) expect(rust).toContain(`Limit::${pascal(limit)} => "${say(`limit-${limit}`)}"`);
});

test("the reasons why nothing can keep a session are worded as everywhere else", () => {
  for (const limit of limits) expect(rust).toContain(`Limit::${pascal(limit)} => "${say(`cannot-be-kept-${limit}`)}"`);
});

test("how an end became known, and what became of the provider's side, are worded as everywhere else", () => {
  const snake = (name: string) => name.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
  const known = [...rust.matchAll(/Some\(([^)]+)\) => "([^"]+)"/g)].flatMap(([, signals, how]) =>
    signals!.split(" | ").map((signal) => [snake(signal.replace("Signal::", "")), how]),
  );
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(signals.map((signal) => [signal, say(`ended-by-${signal}`)])));
  const found = [...rust.matchAll(/ProviderEnd::(\w+) => (?:\{\s*)?format!\("([^"]+)"\)/g)].map(([, end, sentence]) => [snake(end!), sentence]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(ends.map((end) => [end, say(`provider-end-${end}`, { provider: "{provider}" })])));
  expect(rust).toContain('format!("{said} ({how})")');
  expect(text.endedBy("provider_logout", "backchannel")).toBe(`${say("ended-provider_logout")} (${say("ended-by-backchannel")})`);
  expect(text.endedBy("user_logout", null)).toBe(say("ended-user_logout"));
});

test("what became of the provider's side is said where it is news, with what to do about it", () => {
  const says = (over: Parameters<typeof status>[0]) => text.providerSide(status({ state: "ended", ended: "user_logout", ...over }));
  expect(says({ provider_end: "ended" })).toEqual({ text: say("provider-end-ended", { provider: "id.example.com" }), warn: false });
  const goesOn = says({ provider_end: "goes_on" });
  expect(goesOn?.warn).toBe(true);
  expect(goesOn?.text.startsWith(say("provider-end-goes_on", { provider: "id.example.com" }))).toBe(true);
  expect(says({ provider_end: null })).toBeNull();
  expect(says({ provider_end: "ended", ended: "provider_logout" })).toBeNull();
  // The end of the tokens is not that of the session in the browser.
  const provider = "id.example.com";
  for (const page of ["not_offered", "not_opened", "open"] as const) {
    const both = `${say("provider-end-ended", { provider })} ${say(`sign-out-page-${page}`)}`;
    expect(says({ provider_end: "ended", sign_out_page: page })).toEqual({ text: both, warn: false });
  }
  // A name is no pattern.
  expect(says({ provider_end: "local_only", provider: "$&{provider}" })?.text).toContain("$&{provider}");
  expect(text.providerSide(active({ provider_end: "ended" }))).toBeNull();
});

test("durations read as people say them", () => {
  expect([0, 58, 60, 178, 702, 3600, 11_100, 90_000, 172_800].map(text.duration)).toEqual([
    "0 s", "58 s", "1 min", "2 min 58 s", "11 min 42 s", "1 h", "3 h 5 min", "1 d 1 h", "2 d",
  ]);
  expect(text.duration(-3)).toBe("0 s");
});

test("rough durations show seconds only at the end", () => {
  expect([45, 119, 120, 121, 702].map(text.roughDuration)).toEqual(["45 s", "1 min 59 s", "2 min", "3 min", "12 min"]);
});

test("a time of day names the day when it is another one", () => {
  expect(text.timeOfDay(noon + 9 * 3600 + 240, noon)).toBe("21:04");
  expect(text.timeOfDay(noon + 13 * 3600, noon)).toBe("01:00 tomorrow");
  expect(text.timeOfDay(noon - 13 * 3600, noon)).toBe("23:00 yesterday");
  expect(text.timeOfDay(noon + 72 * 3600, noon)).toBe("12:00 on Monday, 5 January");
});

test("the time left is said with the limit that ends it", () => {
  const says = (over: Parameters<typeof active>[0], left: number) => {
    const { strong, rest } = text.sentence(active(over), left, noon);
    return strong + rest;
  };
  expect(says({}, 702)).toBe("12 min left if nothing uses it; at most until 21:04.");
  expect(says({}, 58)).toBe("58 s left if nothing uses it; at most until 21:04.");
  expect(says({ limit: "absolute" }, 11_100)).toBe("3 h 5 min left until 21:04. This is the longest time.");
  expect(says({ limit: "provider", at_most_until: null }, 600)).toBe("10 min left until the provider’s limit.");
  const declared = (source: LimitSource) => says({ limit: "provider", provider_limit: source }, 600);
  for (const source of ["session_expiry", "authorization_expires_in"] as const) {
    expect(declared(source)).toBe(`10 min left. The provider ends this session at 12:10 (${source}).`);
  }
  for (const source of ["refresh_token_timeout", "refresh_expires_in"] as const) {
    expect(declared(source)).toBe(`10 min left. The provider ends this session at 12:10 unless it is renewed (${source}).`);
  }
  // The nearest limit is another one.
  expect(says({ provider_limit: "session_expiry" }, 702)).not.toContain("session_expiry");
  expect(text.sentence(active(), 702, noon).exact).toBe("11 min 42 s left (idle), ends at 12:11");
  const exact = text.sentence(active({ limit: "provider", provider_limit: "session_expiry" }), 702, noon).exact;
  expect(exact).toBe("11 min 42 s left (provider’s limit: session_expiry), ends at 12:11");
});

test("an ended session says when and why", () => {
  const says = (ended_at: number) => text.sentence(status({ state: "ended", ended: "idle_timeout", ended_at }), null, noon).strong;
  expect(says(noon - 20)).toBe("Signed out just now: no answer to “keep session?”.");
  expect(says(noon - 610)).toBe("Signed out 10 min ago: no answer to “keep session?”.");
  expect(says(noon - 11_100)).toBe("Signed out 3 h 5 min ago: no answer to “keep session?”.");
  // A clock that was set back must not make it the future.
  expect(says(noon + 500)).toBe("Signed out just now: no answer to “keep session?”.");
});

test("the question counts in seconds, and says what Yes does", () => {
  expect(text.questionTime(58)).toBe(58);
  expect(text.questionTime(178)).toBe("2 min 58 s");
  expect(text.questionAloud(question({ seconds_left: 1 }))).toBe("Your session with id.example.com will expire in 1 second. Do you want to keep your session?");
  expect(text.questionReason(question(), 750, noon)).toBe(
    "Nothing used it for 12 minutes. Yes extends it until 12:15; each use extends it further.",
  );
});

test("an issuer is taken as it was typed, but for what cannot be meant", () => {
  expect(text.issuerFrom(" https://id.example.com/ ")).toBe("https://id.example.com/");
  expect(text.issuerFrom("https://id.example.com/realms/x/.well-known/openid-configuration")).toBe("https://id.example.com/realms/x");
  expect(text.issuerFrom("id.example.com")).toBe("https://id.example.com");
  expect(text.issuerFrom("http://127.0.0.1:47610")).toBe("http://127.0.0.1:47610");
  expect(text.issuerFrom(" alice@example.com ")).toBe("alice@example.com");
  expect(text.issuerFrom("alice@example.com/x")).toBe("https://alice@example.com/x");
  expect(text.issuerFrom("  ")).toBe("");
});

test("names are those that the configuration takes", () => {
  expect(text.nameProblem("work-2_b", [])).toBe("");
  expect(text.nameProblem("Work", [])).toContain("lower-case");
  expect(text.nameProblem("work", ["work"])).toContain("exists");
  expect(text.nameProblem("a".repeat(33), [])).toContain("32");
  expect(text.nameProblem("", [])).toContain("name");
});

test("a name in a command stays one word", () => {
  expect(text.shellWord("work-2")).toBe("work-2");
  expect(text.shellWord("a b'; rm -rf ~")).toBe(`'a b'\\''; rm -rf ~'`);
  expect(text.shellWord("-rf")).toBe("'-rf'");
});
