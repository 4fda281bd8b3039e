// The catalogues in ../../locales: whole in each language, and nothing that people read is anywhere else.
import { parse as parseSvelte } from "svelte/compiler";
import { describe, expect, test } from "vitest";
import { args, LANGUAGES, parse, problems, types, type Entry } from "../catalogue";

const files = import.meta.glob<string>("../../locales/*/{common,window}.ftl", { query: "?raw", import: "default", eager: true });
const sources = import.meta.glob<string>(["../src/**/*.{ts,svelte}", "!../src/demo/**", "!../src/**/*.d.ts", "!../src/lib/{wire,messages}.ts"], { query: "?raw", import: "default", eager: true });

const read = (language: string): Entry[] => ["common", "window"].flatMap((file) => parse(files[`../../locales/${language}/${file}.ftl`]!));

test("the types of the texts are those of the catalogue", async () => {
  await expect(types(read("en"))).toMatchFileSnapshot("../src/lib/messages.ts");
});

test.each(LANGUAGES)("%s has every text, with the arguments, marks and plurals that it needs", (language) => {
  expect(problems(read("en"), read(language))).toEqual([]);
});

/** A text with a plural. */
const ONE = "one = { $n ->\n [one] a\n *[other] b\n}";

/** Texts that are the same words in another language, or only arrange what they are given. */
const SAME: Record<string, RegExp> = {
  es: /^(?:time-(?:seconds|minutes|hours|days|pair)|ended-how|moment-alone|date-and-time|layer-since|method-at-level|claim-no|claim-time-ago|said-provider|grant-(?:target-account|until)|plot-(?:counts|aloud)|consent-terminal|label-(?:flatpak|snap|cgroup))$/,
  de: /^(?:time-(?:seconds|minutes|hours|days|pair)|ended-how|moment-alone|day-of-week|date-and-time|layer-since|method-at-level|claim-time-ago|said-provider|grant-(?:target-account|until)|plot-(?:counts|aloud)|consent-terminal|label-(?:flatpak|cgroup)|action-ok|level-ok|question-ok-of|picture-app|add-redirect)$/,
};

test.each(["es", "de"])("nothing is left in English in %s", (language) => {
  const english = new Map(read("en").map(({ id, value }) => [id, JSON.stringify(value)]));
  const left = read(language).filter(({ id, value }) => english.get(id) === JSON.stringify(value) && !SAME[language]!.test(id));
  expect(left.map(({ id }) => id)).toEqual([]);
});

describe("a catalogue that is not whole is noticed", () => {
  const source = parse(`${ONE}\ntwo = **{ $x }** \`y\`\n`);
  test.each([
    ["two = **{ $x }** `y`\n", ["one is missing"]],
    [`${ONE}\ntwo = **y** \`y\`\n`, ["two has the arguments (), not (x)"]],
    ["one = { $n ->\n *[other] b\n}\ntwo = **{ $x }** `y`\n", ["one needs the plurals one and other"]],
    [`${ONE}\ntwo = { $x } \`y\`\n`, ["two does not mark the same with ** and `"]],
    [`${ONE}\ntwo = **{ $x }** \`y\`\nmore = c\n`, ["more is not in the source"]],
  ])("%s", (translation, wrong) => {
    expect(problems(source, parse(translation))).toEqual(wrong);
  });

  test("what Fluent does not read is not left out without a word", () => {
    expect(() => parse("one = { $n\ntwo = b\n")).toThrow("one");
    expect(() => parse("one = a\none = b\n")).toThrow("twice");
    expect(() => parse("one = a\n*two\n")).toThrow("a line");
    expect([...args(parse("one = { $b } { $a ->\n [one] x\n *[other] { $c }\n}")[0]!)]).toEqual([["a", true], ["b", false], ["c", false]]);
  });
});

interface Node {
  type: string;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Every node of a file, with those that it is in, the nearest last. */
function* nodes(node: Node, within: Node[] = []): Generator<[Node, Node[]]> {
  yield [node, within];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodes(child, [...within, node]);
  }
}

function syntax(path: string, source: string): Node {
  const { fragment, instance, module } = parseSvelte(path.endsWith(".svelte") ? source : `<script lang="ts">\n${source}\n</script>`, { modern: true });
  return { type: "File", parts: [fragment, instance, module].filter((part) => part !== null) };
}

const all = Object.entries(sources).map(([path, source]) => ({ path, file: syntax(path, source) }));

/** The text of a literal; of a template, with a star for each value. */
function literal(node: Node): string | null {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type !== "TemplateLiteral") return null;
  return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join("*");
}

test("every text of the window is used", () => {
  const used = new Set<string>();
  const patterns: RegExp[] = [];
  for (const { file } of all) {
    for (const [node] of nodes(file)) {
      const text = literal(node);
      if (text === null || !/^[a-z][\w*-]+$/i.test(text)) continue;
      if (text.includes("*")) patterns.push(new RegExp(`^${text.replaceAll("*", "[\\w-]+")}$`));
      else used.add(text);
    }
  }
  const unused = parse(files["../../locales/en/window.ftl"]!).map(({ id }) => id).filter((id) => !used.has(id) && !patterns.some((pattern) => pattern.test(id)));
  expect(unused).toEqual([]);
});

/** Attributes whose value is read. */
const READ = new Set(["aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "title", "placeholder", "alt", "label"]);
/** Words that are the same in every language: names, keys, methods of programs. */
const NAMES = new Set(["Abide", "ArrowDown", "ArrowUp", "Enter", "Escape", "English", "Español", "Deutsch"]);

/** Whether people would read this: two words, or one that begins as a sentence does. */
const isProse = (text: string) => !text.startsWith("abide ") && !text.startsWith("abide*") && !NAMES.has(text) && (/\p{L}{2,}[,:.]? +\p{L}/u.test(text) || /^\p{Lu}\p{Ll}+\p{P}?$/u.test(text));

/** Where a string is no text: a type, the name of a module, a class, a drawing, an address. */
function isCode(node: Node, within: Node[]): boolean {
  const attribute = within.find(({ type }) => type === "Attribute");
  if (attribute !== undefined && !READ.has(attribute.name as string) && attribute.name !== "hint" && attribute.name !== "legend") {
    return typeof attribute.name === "string" && ["class", "d", "viewBox", "style", "aria-describedby", "aria-labelledby", "href", "id", "for", "style:"].includes(attribute.name);
  }
  return within.some(({ type }) => type.startsWith("TS") || type === "ImportDeclaration" || type === "ImportExpression" || type === "ExportNamedDeclaration" && (node === (within.at(-1) as Node).source));
}

test("nothing that people read is in the code", () => {
  const found: string[] = [];
  for (const { path, file } of all) {
    for (const [node, within] of nodes(file)) {
      const markup = node.type === "Text" ? (node.data as string) : null;
      const inAttribute = within.some(({ type }) => type === "Attribute");
      // Between elements, every word is read.
      if (markup !== null && !inAttribute && /\p{L}{2}/u.test(markup) && !NAMES.has(markup.trim())) found.push(`${path}: ${markup.trim()}`);
      if (markup !== null && inAttribute) {
        const name = within.find(({ type }) => type === "Attribute")!.name as string;
        if (READ.has(name) && /\p{L}{2}/u.test(markup)) found.push(`${path}: ${name}=${markup}`);
      }
      const text = literal(node);
      if (text !== null && isProse(text) && !isCode(node, within)) found.push(`${path}: ${text}`);
    }
  }
  expect(found).toEqual([]);
});
