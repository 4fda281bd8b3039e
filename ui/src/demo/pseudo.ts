// Invented languages, for the gallery and the tests: they show what does not fit, and what is not in the catalogue.
import entries from "texts:en";
import { speak, use, isLanguage, type Catalogue, type Entries } from "../lib/locale.svelte";

type Pattern = Entries[number]["value"];

/** The letters that are doubled: texts become about 40 % longer. */
const LONG: Record<string, string> = { a: "áà", e: "éè", i: "íì", o: "óò", u: "úù", A: "ÁÀ", E: "ÉÈ", I: "ÍÌ", O: "ÓÒ", U: "ÚÙ", n: "ñ", c: "ç", s: "š", y: "ÿ" };

const lengthened = (text: string) => text.replace(/[a-z]/gi, (letter) => LONG[letter] ?? letter);

/** Each word in the order from right to left (Unicode: RIGHT-TO-LEFT ISOLATE and OVERRIDE). */
const reversed = (text: string) => text.replace(/\p{L}[\p{L}\p{N}’-]*/gu, "\u2067\u202e$&\u202c\u2069");

/** A pattern with its words changed. What is typed stays. */
function changed(pattern: Pattern, change: (text: string) => string): Pattern {
  const words = (text: string) => text.split(/(`[^`]*`)/).map((part) => (part.startsWith("`") ? part : change(part))).join("");
  if (pattern === null) return null;
  if (typeof pattern === "string") return words(pattern);
  return pattern.map((element) => {
    if (typeof element === "string") return words(element);
    if (element.type !== "select") return element;
    return { ...element, variants: element.variants.map((variant) => ({ ...variant, value: changed(variant.value, change)! })) };
  });
}

/** Longer texts; texts from right to left. */
export const PSEUDO: Record<string, Pick<Catalogue, "direction"> & { change: (text: string) => string }> = {
  "qps-long": { direction: "ltr", change: lengthened },
  "qps-rtl": { direction: "rtl", change: reversed },
};

/** Speaks a language of the window, or an invented one. */
export async function speakAny(language: string): Promise<void> {
  const pseudo = PSEUDO[language];
  if (pseudo === undefined) return speak(isLanguage(language) ? language : "en");
  const { direction, change } = pseudo;
  use({ language, tag: "en-GB", direction, entries: entries.map((entry) => ({ ...entry, value: changed(entry.value, change) })) as Entries });
}
