// Reading the catalogues in ../locales, and what is checked about them: before a build, and by the tests.
import { FluentResource } from "@fluent/bundle";

export const LANGUAGES = ["en", "es", "de"] as const;
export const FILES = ["common", "window"] as const;

export type Entry = FluentResource["body"][number];
type Pattern = NonNullable<Entry["value"]>;
type Element = Exclude<Pattern, string>[number];

/** The messages of a file. What Fluent would leave out without a word is an error here. */
export function parse(source: string): Entry[] {
  const { body } = new FluentResource(source);
  const written = [...source.matchAll(/^(-?[a-zA-Z][\w-]*) *=/gm)].map(([, id]) => id!);
  const read = body.map(({ id }) => id);
  const lost = written.filter((id) => !read.includes(id));
  if (lost.length > 0 || /^[^\s#a-zA-Z}-]/m.test(source)) throw new Error(`not a message of Project Fluent: ${lost.join(", ") || "a line"}`);
  const twice = read.filter((id, i) => read.indexOf(id) !== i);
  if (twice.length > 0) throw new Error(`twice in a file: ${twice.join(", ")}`);
  return body;
}

/** Calls `look` for each part of a pattern, also within variants. */
export function walk(pattern: Pattern | null, look: (element: Element) => void): void {
  if (pattern === null || typeof pattern === "string") return;
  for (const element of pattern) {
    look(element);
    if (typeof element === "string" || element.type !== "select") continue;
    look(element.selector);
    for (const variant of element.variants) walk(variant.value, look);
  }
}

/** The arguments of a message; true for one that is a number, because a plural depends on it. */
export function args(entry: Entry): Map<string, boolean> {
  const found = new Map<string, boolean>();
  walk(entry.value, (element) => {
    if (typeof element === "string") return;
    if (element.type === "var") found.set(element.name, found.get(element.name) ?? false);
    if (element.type === "select" && element.selector.type === "var") found.set(element.selector.name, true);
  });
  return new Map([...found].sort());
}

/** What is wrong with a translation, compared with the source. */
export function problems(source: Entry[], translation: Entry[]): string[] {
  const wrong: string[] = [];
  const other = new Map(translation.map((entry) => [entry.id, entry]));
  for (const entry of source) {
    const translated = other.get(entry.id);
    other.delete(entry.id);
    if (translated === undefined) {
      wrong.push(`${entry.id} is missing`);
      continue;
    }
    const [wanted, there] = [entry, translated].map((each) => [...args(each).keys()].join(" "));
    if (wanted !== there) wrong.push(`${entry.id} has the arguments (${there}), not (${wanted})`);
    const [strong, marked] = [entry, translated].map((each) => marks(each));
    if (strong !== marked) wrong.push(`${entry.id} does not mark the same with ** and \``);
    walk(translated.value, (element) => {
      if (typeof element === "string" || element.type !== "select") return;
      const keys = element.variants.map(({ key }) => String(key.value));
      if (!keys.includes("one") || !keys.includes("other")) wrong.push(`${entry.id} needs the plurals one and other`);
    });
  }
  for (const id of other.keys()) wrong.push(`${id} is not in the source`);
  return wrong;
}

function marks(entry: Entry): string {
  const text = JSON.stringify(entry.value);
  return `${text.split("**").length} ${text.split("`").length}`;
}

/** The messages and their arguments as types, so that the compiler finds a wrong name and a missing argument. */
export function types(entries: Entry[]): string {
  const lines = entries.map((entry) => {
    const all = [...args(entry)].map(([name, number]) => `${name}: ${number ? "number" : "string | number"}`);
    return `  ${JSON.stringify(entry.id)}: ${all.length === 0 ? "null" : `{ ${all.join("; ")} }`};`;
  });
  return `// Made from locales/en by \`npx vitest run -u tests/catalogue.test.ts\`. Do not edit.\n\nexport interface Messages {\n${lines.join("\n")}\n}\n`;
}
