import { expect, test } from "vitest";
import { fraction, secondsLeft, tone, untilNextChange } from "../src/lib/time";
import { active, question, snapshot, status } from "./mount";

test("time left never falls below 0 and never grows with a clock that runs backwards", () => {
  expect([0, 0.4, 1, 57.2, 58, 400].map((elapsed) => secondsLeft(58, elapsed))).toEqual([58, 58, 57, 1, 0, 0]);
  expect(secondsLeft(58, -5)).toBe(58);
});

test("the ring is the part of the lifetime that is left", () => {
  expect(fraction(active({ expires_in: 450 }), 0)).toBe(0.5);
  expect(fraction(active({ expires_in: 450 }), 225)).toBe(0.25);
  expect(fraction(active({ expires_in: 450 }), 5000)).toBe(0);
  expect(fraction(active({ expires_in: 1000 }), 0)).toBe(1);
  expect(fraction(active({ lifetime: 0 }), 0)).toBeNull();
  expect(fraction(status(), 0)).toBeNull();
});

test("amber in the last quarter, red in the last minute or while the question is up", () => {
  expect(tone(active({ expires_in: 226 }), 0)).toBe("calm");
  expect(tone(active({ expires_in: 226 }), 1)).toBe("soon");
  expect(tone(active({ expires_in: 61 }), 0)).toBe("soon");
  expect(tone(active({ expires_in: 61 }), 1)).toBe("urgent");
  expect(tone(active({ state: "expiring", expires_in: 178 }), 0)).toBe("urgent");
  expect(tone(active({ expires_in: null, lifetime: null }), 0)).toBe("calm");
  expect(tone(status({ state: "ended" }), 0)).toBe("off");
});

test("the next look is at the next change, and none when nothing moves", () => {
  expect(untilNextChange(snapshot([status()]), 0)).toBeNull();
  expect(untilNextChange(snapshot([active({ expires_in: 58 })]), 0.25)).toBeCloseTo(0.75);
  expect(untilNextChange(snapshot([active({ expires_in: 58 })]), 60)).toBeNull();
  expect(untilNextChange(snapshot([active({ expires_in: 702, lifetime: 900 })]), 0)).toBe(2.5);
  expect(untilNextChange(snapshot([active()], { questions: [question({ seconds_left: 70 }), question()] }), 3.5)).toBeCloseTo(0.5);
});
