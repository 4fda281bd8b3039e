import { expect, test } from "vitest";
import words from "../../crates/wire/src/text.rs?raw";
import * as text from "../src/lib/text";
import { active, question, status } from "./mount";

const pascal = (name: string) => name.replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());
const noon = Date.UTC(2026, 0, 2, 12) / 1000;

test("reasons and limits are worded as everywhere else", () => {
  const rust = words.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
  for (const [reason, words] of Object.entries(text.ENDED)) {
    expect(rust).toContain(`EndReason::${pascal(reason)} => "${words}"`);
  }
  for (const [limit, words] of Object.entries(text.LIMIT)) {
    expect(rust).toContain(`Limit::${pascal(limit)} => "${words}"`);
  }
});

test("the reasons why nothing can keep a session are worded as everywhere else", () => {
  const rust = words.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
  for (const [limit, why] of Object.entries(text.CANNOT_BE_KEPT)) {
    expect(rust).toContain(`Limit::${pascal(limit)} => "${why}"`);
  }
});

test("how an end became known, and what became of the provider's side, are worded as everywhere else", () => {
  const rust = words.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
  const snake = (name: string) => name.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
  const known = [...rust.matchAll(/Some\(([^)]+)\) => "([^"]+)"/g)].flatMap(([, signals, how]) =>
    signals!.split(" | ").map((signal) => [snake(signal.replace("Signal::", "")), how]),
  );
  expect(Object.fromEntries(known)).toEqual(text.ENDED_BY);
  const ends = [...rust.matchAll(/ProviderEnd::(\w+) => (?:\{\s*)?format!\("([^"]+)"\)/g)].map(([, end, sentence]) => [
    snake(end!),
    sentence,
  ]);
  expect(Object.fromEntries(ends)).toEqual(text.PROVIDER_END);
  expect(rust).toContain('format!("{said} ({how})")');
  expect(text.endedBy("provider_logout", "backchannel")).toBe(`${text.ENDED.provider_logout} (${text.ENDED_BY.backchannel})`);
  expect(text.endedBy("user_logout", null)).toBe(text.ENDED.user_logout);
});

test("what became of the provider's side is said where it is news, with what to do about it", () => {
  const says = (over: Parameters<typeof status>[0]) => text.providerSide(status({ state: "ended", ended: "user_logout", ...over }));
  expect(says({ provider_end: "ended" })).toEqual({ text: text.PROVIDER_END.ended.replace("{provider}", "id.example.com"), warn: false });
  const goesOn = says({ provider_end: "goes_on" });
  expect(goesOn?.warn).toBe(true);
  expect(goesOn?.text.startsWith(text.PROVIDER_END.goes_on.replace("{provider}", "id.example.com"))).toBe(true);
  expect(says({ provider_end: null })).toBeNull();
  expect(says({ provider_end: "ended", ended: "provider_logout" })).toBeNull();
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
  expect(text.sentence(active(), 702, noon).exact).toBe("11 min 42 s left (idle), ends at 12:11");
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
  expect(text.questionTime(58)).toEqual({ figure: "58", unit: "seconds" });
  expect(text.questionTime(1)).toEqual({ figure: "1", unit: "second" });
  expect(text.questionTime(178)).toEqual({ figure: "2 min 58 s", unit: "" });
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
