import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { FILES, LANGUAGES, parse, problems, type Entry } from "./catalogue";

const path = (language: string, file: string) => fileURLToPath(new URL(`../locales/${language}/${file}.ftl`, import.meta.url));

function read(language: string): Entry[] {
  return FILES.flatMap((file) => {
    try {
      return parse(readFileSync(path(language, file), "utf8"));
    } catch (error) {
      throw new Error(`locales/${language}/${file}.ftl: ${(error as Error).message}`);
    }
  });
}

/**
 * `import("texts:es")`: the catalogue of a language, read when the window is built, so that the window needs no parser. A
 * translation that lacks a text or an argument ends the build.
 */
export function texts(): Plugin {
  return {
    name: "texts",
    buildStart() {
      const source = read("en");
      const wrong = LANGUAGES.flatMap((language) => problems(source, read(language)).map((problem) => `locales/${language}: ${problem}`));
      // Tests report it as their own failure.
      if (wrong.length > 0 && !process.env.VITEST) this.error(wrong.join("\n"));
    },
    resolveId: (id) => (id.startsWith("texts:") ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith("\0texts:")) return undefined;
      const language = id.slice("\0texts:".length);
      for (const file of FILES) this.addWatchFile(path(language, file));
      return `export default ${JSON.stringify(read(language))};`;
    },
  };
}
