import { expect, test } from "vitest";
import rust from "../../crates/cli/src/view/layers.rs?raw";
import { layerTexts, METHODS, recognized } from "../src/lib/layers";
import { text } from "../src/lib/locale.svelte";
import { timeline, type Part } from "../src/lib/timeline";
import { active, layer } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;
const HOUR = 3600;

test("how somebody was recognized is worded as in the terminal", () => {
  for (const method of METHODS) expect(rust).toContain(`("${method}", "${text(`method-${method}`)}"),`);
  expect(rust.match(/^ {4}\("\w+", ".+"\),$/gm)).toHaveLength(METHODS.length);
  // The same cases as its tests have.
  expect(recognized(["pwd", "otp", "mfa"])).toBe("password and one-time code");
  expect(recognized(["pwd", "sms", "fpt"])).toBe("password, text message and fingerprint");
  expect(recognized(["pwd", "mfa"])).toBe("password and another factor");
  expect(recognized(["mfa"])).toBe("several factors");
  expect(recognized(["pwd", "otp", "2"])).toBe("password and one-time code (level 2)");
  expect(recognized(["hwk", "phr"])).toBe("security key (phishing-resistant)");
  expect(recognized(["pwd", "pwd", "ngcmfa", "urn:x:silver"])).toBe("password (ngcmfa, urn:x:silver)");
  expect(recognized(["0"])).toBe("level 0");
  expect(recognized(["constructor"])).toBe("constructor");
  expect(recognized([])).toBe("");
});

/** A session since 11, at most until 21, idle end 12:15; the provider and who recognized the user as given. */
const session = (provider: Parameters<typeof layer>[0], identity: Parameters<typeof layer>[0]) =>
  active({
    at_most_until: noon + 9 * HOUR,
    layers: [
      layer({ since: noon - HOUR, ends_at: noon + 900 }),
      layer({ layer: "provider", name: "id.example.com", ...provider }),
      layer({ layer: "identity_provider", name: "Example Bank", state: "unknown", ...identity }),
    ],
  });

const drawn = (parts: Part[]) => parts.map(({ kind, from, to }) => `${kind} ${from.toFixed(1)}-${to.toFixed(1)}`);

test("the axis is made for our own session, and the bars lie on it", () => {
  const picture = timeline(session({ since: noon - HOUR, ends_at: noon + 4 * HOUR }, { since: noon - HOUR }), noon)!;
  expect(picture.bars.map((bar) => bar.layer)).toEqual(["identity_provider", "provider", "application"]);
  // Ten hours and 5 % of them on both sides.
  const at = (hours: number) => ((hours + 0.5) / 11) * 100;
  expect([picture.begin, picture.now, picture.end].map((x) => x.toFixed(3))).toEqual([at(0), at(1), at(10)].map((x) => x.toFixed(3)));
  expect(drawn(picture.bars[2]!.parts)).toEqual([
    `past ${at(0).toFixed(1)}-${at(1).toFixed(1)}`,
    `declared ${at(1).toFixed(1)}-${at(1.25).toFixed(1)}`,
    `possible ${at(1.25).toFixed(1)}-${at(10).toFixed(1)}`,
  ]);
  expect(drawn(picture.bars[1]!.parts)).toEqual([
    `past ${at(0).toFixed(1)}-${at(1).toFixed(1)}`,
    `declared ${at(1).toFixed(1)}-${at(5).toFixed(1)}`,
  ]);
});

test("what is not known is drawn as unknown, not as endless", () => {
  const picture = timeline(session({ since: null, ends_at: null, evidence: "id_token" }, { since: null }), noon)!;
  const [identity, provider] = picture.bars;
  expect(provider!.parts.map((part) => part.kind)).toEqual(["unknown", "past", "unknown"]);
  expect(identity!.parts.map((part) => part.kind)).toEqual(["unknown"]);
});

test("a session at the provider that is older and longer than ours is cut off, and one that is over ends", () => {
  const cut = timeline(session({ since: noon - 72 * HOUR, ends_at: noon + 720 * HOUR }, { since: noon - 72 * HOUR }), noon)!;
  expect(cut.bars[1]!.parts[0]).toMatchObject({ kind: "past", from: 0, cutStart: true });
  expect(cut.bars[1]!.parts[1]).toMatchObject({ kind: "declared", to: 100, cutEnd: true });
  expect(cut.bars[0]!.parts[0]).toMatchObject({ kind: "unknown", from: 0, to: 100 });
  const over = timeline(session({ state: "ended", since: noon - HOUR, ends_at: noon - 600 }, {}), noon)!;
  expect(over.bars[1]!.parts).toHaveLength(1);
});

test("a sign-out that was tried out at the provider says what it does now", () => {
  const after = (provider_end: "ended" | "goes_on" | "unchecked") =>
    layerTexts({ ...session({ state: "unknown", evidence: "nothing" }, {}), state: "ended", provider_end }, noon)[1]!;
  expect(after("ended").text).not.toBe(after("goes_on").text);
  expect(after("ended").how).toBe(after("goes_on").how);
  const unknown = layerTexts(session({ state: "unknown", evidence: "nothing" }, {}), noon)[1]!;
  expect(after("unchecked")).toMatchObject({ text: unknown.text, how: unknown.how });
});

test("an end that the provider declared names the parameter", () => {
  const said = (over: Parameters<typeof active>[0]) =>
    layerTexts({ ...session({ ends_at: noon + HOUR, evidence: "id_token" }, {}), ...over }, noon).map((layer) => layer.text);
  const fixed = "The provider ends this session at 13:00 (session_expiry).";
  expect(said({ provider_limit: "session_expiry" })[1]).toContain(fixed);
  // Another limit is nearer.
  expect(said({ provider_limit: "session_expiry" })[0]).not.toContain("session_expiry");
  expect(said({ limit: "provider", provider_limit: "session_expiry" })[0]).toContain("The provider ends this session at 12:15 (session_expiry).");
  const moves = said({ limit: "provider", provider_limit: "refresh_expires_in" });
  expect(moves[0]).toContain("at 12:15 unless it is renewed (refresh_expires_in), at 21:00 at the latest.");
  expect(moves[1]).toContain("at 13:00 unless it is renewed (refresh_expires_in).");
});

test("there is no picture of a session that is not there", () => {
  expect(timeline(active(), noon)).toBeNull();
  expect(timeline(active({ layers: [layer({ state: "ended", ends_at: noon })] }), noon)).toBeNull();
  expect(timeline(active({ layers: [layer({ since: noon, ends_at: noon })], at_most_until: noon }), noon)).toBeNull();
});

test("each way in which a layer is known has its words", async () => {
  const said = (over: Parameters<typeof layer>[0]) => layerTexts(session(over, {}), noon)[1]!;
  const identity = (over: Parameters<typeof layer>[0]) => layerTexts(session({}, over), noon)[2]!;
  const evidence = ["own_limits", "id_token", "refresh", "browser", "asked", "told", "nothing"] as const;
  const texts = [
    said({ since: noon - HOUR, ends_at: noon + HOUR, evidence: "id_token", checked_at: noon - 3700 }),
    said({ since: null, evidence: "refresh", checked_at: noon }),
    said({ state: "ended", ends_at: noon - 60 }),
    said({ state: "unknown", evidence: "nothing" }),
    identity({ since: noon }),
    identity({ since: noon, methods: ["pwd"] }),
    identity({}),
    identity({ ends_at: noon + HOUR }),
    ...evidence.map((evidence) => said({ evidence, checked_at: noon - 20 })),
  ];
  await expect(texts.map(({ title, text, how }) => `${title}: ${text} ${how}`).join("\n")).toMatchFileSnapshot("pages/layers.txt");
});
