// The language of the window: its texts, and how it writes numbers, dates and lists.
import { FluentBundle, type FluentResource } from "@fluent/bundle";
import type { Messages } from "./messages";
import type { Language } from "./wire";

/** The languages, by their own names. */
export const LANGUAGES: Record<Language, string> = { en: "English", es: "Español", de: "Deutsch" };

export type Entries = FluentResource["body"];

/** What is spoken: a language and its texts. */
export interface Catalogue {
  language: string;
  /** For numbers, dates, lists and plurals (BCP 47). */
  tag: string;
  direction: "ltr" | "rtl";
  entries: Entries;
}

const load: Record<Language, () => Promise<{ default: Entries }>> = {
  en: () => import("texts:en"),
  es: () => import("texts:es"),
  de: () => import("texts:de"),
};

const silent: Catalogue = { language: "en", tag: "en-GB", direction: "ltr", entries: [] };
let spoken = $state.raw({ ...silent, bundle: bundleOf(silent) });

function bundleOf({ tag, direction, entries }: Catalogue): FluentBundle {
  // Only in a text from right to left can a name from left to right change the order of what is around it.
  const bundle = new FluentBundle(tag, { useIsolating: direction === "rtl" });
  bundle.addResource({ body: entries } as FluentResource);
  return bundle;
}

/** Speaks from now on as this catalogue does. Everything that is shown follows. */
export function use(catalogue: Catalogue): void {
  spoken = { ...catalogue, bundle: bundleOf(catalogue) };
}

/** Reads the texts of a language, and speaks it from then on. */
export async function speak(language: Language): Promise<void> {
  const { default: entries } = await load[language]();
  use({ language, tag: region(language), direction: "ltr", entries });
}

export const language = () => spoken.language;
export const direction = () => spoken.direction;
/** The tag for `Intl`. */
export const tag = () => spoken.tag;

export const isLanguage = (name: string): name is Language => Object.hasOwn(LANGUAGES, name);

const primary = (tag: string) => tag.toLowerCase().split("-")[0]!;

/** The first language of the system that the window has; without one, English. */
export function systemLanguage(wanted: readonly string[] = navigator.languages): Language {
  return wanted.map(primary).find(isLanguage) ?? "en";
}

/** A language as it is written where the user lives, if the system says where. English is British, also elsewhere. */
function region(language: Language): string {
  if (language === "en") return "en-GB";
  return navigator.languages.find((each) => primary(each) === language) ?? language;
}

type Id = keyof Messages & string;
type Arguments<Name extends Id> = Messages[Name] extends null ? [] : [args: NonNullable<Messages[Name]>];

/** A text. */
export function text<Name extends Id>(id: Name, ...args: Arguments<Name>): string {
  return format(id, args[0] ?? {});
}

function format(id: string, args: Record<string, string | number>): string {
  const value = spoken.bundle.getMessage(id)?.value;
  // Types, the build and a test find what is missing; a name is still better than an empty page.
  return value == null ? id : spoken.bundle.formatPattern(value, args, []);
}

/** A part of a text: `**strong**`, `` `as typed` ``, or plain. */
export interface Part {
  kind: "plain" | "strong" | "code";
  text: string;
  /** The name of the argument, if the part is one. */
  argument?: string;
}

/** The first of the characters that stand for arguments. They have no other meaning (Unicode, private use). */
const FIRST = 0xe000;

/** A text in parts. What an argument contains is never a mark. */
export function parts<Name extends Id>(id: Name, ...given: Arguments<Name>): Part[] {
  const args = Object.entries<string | number>(given[0] ?? {});
  const hidden = args.map(([name, value], i): [string, string | number] => [name, typeof value === "string" ? String.fromCharCode(FIRST + i) : value]);
  const back = (text: string) => text.replace(/[\ue000-\ue0ff]/g, (mark) => String(args[mark.charCodeAt(0) - FIRST]?.[1] ?? ""));
  return marked(format(id, Object.fromEntries(hidden))).map(({ kind, text }) => {
    // In a text from right to left, an argument is isolated.
    const alone = /^\u2068?([\ue000-\ue0ff])\u2069?$/.exec(text)?.[1];
    const argument = alone === undefined ? undefined : args[alone.charCodeAt(0) - FIRST]?.[0];
    return argument === undefined ? { kind, text: back(text) } : { kind, text: back(text), argument };
  });
}

/** The parts of a text with marks. */
export function marked(text: string): Part[] {
  return text.split(/(\*\*.+?\*\*|`.+?`)/).filter((part) => part !== "").map((part) => {
    if (part.startsWith("**") && part.length > 4) return { kind: "strong", text: part.slice(2, -2) };
    if (part.startsWith("`") && part.length > 2) return { kind: "code", text: part.slice(1, -1) };
    return { kind: "plain", text: part };
  });
}

/** A list: `a, b and c`. */
export const list = (words: string[]) => new Intl.ListFormat(tag(), { type: "conjunction" }).format(words);

/** A number with the separators of the language. */
export const number = (value: number) => new Intl.NumberFormat(tag()).format(value);

/** A date or a time, of Unix milliseconds. Hours are counted to 24 in every language. */
export const date = (milliseconds: number, format: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(tag(), "hour" in format ? { ...format, hourCycle: "h23" } : format).format(new Date(milliseconds));

/** A word with its first letter in upper case. */
export const capital = (word: string) => word.charAt(0).toLocaleUpperCase(tag()) + word.slice(1);
