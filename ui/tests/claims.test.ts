// Claims as the window shows them.
import { expect, test } from "vitest";
import { lines } from "../src/lib/claims";

test("a time without a date is shown as the number", () => {
  expect(lines("updated_at", 253_402_214_399, 0)[0]).toMatch(/ 9999,/);
  for (const far of [253_402_214_400, 999_999_999_999, 8_640_000_000_001, 99_999_999_999_999]) {
    expect(lines("updated_at", far, 0)).toEqual([String(far)]);
  }
});

test("of the ways to sign in, only so much is shown", () => {
  const many = Array.from({ length: 5000 }, (_, number) => `m${number}`);
  expect(lines("amr", many, 0)).toEqual([...many.slice(0, 32), "…"]);
  expect(lines("acr", "é".repeat(10_000), 0)).toEqual([`${"é".repeat(256)}…`]);
  expect(lines("amr", ["pwd", "otp"], 0)).toEqual(["pwd", "otp"]);
  expect(lines("amr", [], 0)).toEqual(lines("groups", [], 0));
  expect(lines("groups", many, 0)).toHaveLength(5000);
});
