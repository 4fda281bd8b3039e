// The contrast of the colours in app.css, in both themes (WCAG 2.1, success criteria 1.4.3 and 1.4.11).
/// <reference types="vite/client" />
import { expect, test } from "vitest";
import css from "../src/app.css?raw";

function colours(block: string): Record<string, string> {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

const light = colours(css.slice(0, css.indexOf("@media")));
const dark = { ...light, ...colours(css.slice(css.indexOf("@media (prefers-color-scheme: dark)"))) };

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const TEXTS: [string, string[]][] = [
  ["text", ["page", "surface", "sunken", "amber-back", "red-back", "layer"]],
  ["quiet", ["page", "surface", "sunken", "red-back"]],
  ["accent", ["page", "surface"]],
  ["amber", ["surface"]],
  ["red", ["page", "surface"]],
  ["on-accent", ["accent", "accent-strong"]],
];
const SHAPES: [string, string[]][] = [
  ["line-strong", ["page", "surface"]],
  ["accent", ["surface", "sunken", "amber-back", "red-back"]],
  ["amber-ring", ["surface"]],
  ["red", ["surface", "sunken"]],
  ["text", ["surface", "sunken"]],
];

test.each([["light", light], ["dark", dark]] as const)("text and shapes stand out in the %s theme", (_, theme) => {
  for (const [least, pairs] of [[4.5, TEXTS], [3, SHAPES]] as const) {
    for (const [front, backs] of pairs) {
      for (const back of backs) expect(contrast(theme[front]!, theme[back]!), `${front} on ${back}`).toBeGreaterThanOrEqual(least);
    }
  }
});
