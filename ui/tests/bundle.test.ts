// @vitest-environment node
import { build, type Rollup } from "vite";
import { expect, test } from "vitest";

test("what is shipped keeps the window's policy and holds nothing of the demonstration", { timeout: 60_000 }, async () => {
  const result = (await build({ mode: "production", logLevel: "silent", build: { write: false } })) as Rollup.RollupOutput;
  const files = new Map(
    result.output.map((file) => [file.fileName, String(file.type === "chunk" ? file.code : file.source)]),
  );
  const names = [...files.keys()].sort();
  // Sorted without the hashes: with them, the order changes with the content.
  expect(names.map((name) => name.replace(/-[\w-]{8}\./, ".")).sort()).toEqual([
    "assets/de.js", "assets/en.js", "assets/es.js", "assets/index.css", "assets/index.js", "index.html",
  ]);

  const html = files.get("index.html")!;
  for (const script of html.match(/<script[^>]*>[^]*?<\/script>/g) ?? []) expect(script).toMatch(/ src="\/assets\/[^"]+"><\/script>$/);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|https?:/);

  const script = files.get(names.find((name) => /index-[\w-]+\.js$/.test(name))!)!;
  // A language is read when it is spoken: none is in what is always read.
  for (const words of ["Keep session", "Mantener la sesión", "Sitzung behalten"]) expect(script).not.toContain(words);
  expect(script).toContain("add_account");
  for (const invented of ["alice@example.com", "login.lab.example.org", "cancel_demo", "startWithAdd:"]) {
    expect(script).not.toContain(invented);
  }
  // Svelte makes elements from template strings: a style attribute in one would be refused by the policy.
  expect(script).not.toMatch(/<[a-z][^>`]*\sstyle=/);
  expect(script).not.toMatch(/\beval\(|new Function\(/);
  expect(files.get(names.find((name) => name.endsWith(".css"))!)).not.toMatch(/url\(|@import/);
});
