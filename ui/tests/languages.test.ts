// Every page in every language: nothing of it is left in English, and it can be used in each.
import axe from "axe-core";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import App from "../src/App.svelte";
import { demoHost, scenes } from "../src/demo/host";
import { play, startOf } from "../src/demo/play";
import { speakAny } from "../src/demo/pseudo";
import { speak } from "../src/lib/locale.svelte";

// axe-core asks for a canvas, which jsdom does not have and says on the console.
HTMLCanvasElement.prototype.getContext = () => null;

beforeEach(() => {
  document.title = "Abide";
});
afterEach(() => speak("en"));

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a scene, and everything that can be unfolded in it; closes it after `look`. */
async function at<T>(scene: string, look: (target: HTMLElement) => T | Promise<T>): Promise<T> {
  const target = document.body.appendChild(document.createElement("div"));
  const app = mount(App, { target, props: { host: demoHost(scene), start: startOf(scene) } });
  await rest(20);
  await play(scene, 1);
  flushSync();
  for (const details of target.querySelectorAll("details")) details.open = true;
  await rest(20);
  const seen = await look(target);
  await unmount(app);
  target.remove();
  return seen;
}

/** What people read or hear, without what is typed. */
function words(root: Element): string[] {
  const found: string[] = [];
  const walk = (node: Node) => {
    if (node instanceof Element) {
      // Claims, what the record says of a line, and what the program says in English are not ours to translate; the latter is marked for screen readers.
      if (["CODE", "PRE"].includes(node.tagName) || node.matches("[lang=en], .claims dl, .inside dd, option[lang]")) return;
      for (const name of ["aria-label", "title", "placeholder"]) found.push(node.getAttribute(name) ?? "");
      // One value, wherever it may be broken.
      if (node.tagName === "BDI") return void found.push(node.textContent!.replace(/\s+/g, " ").trim());
    } else if (node.nodeType === Node.TEXT_NODE) {
      found.push(node.textContent!.replace(/\s+/g, " ").trim());
    }
    node.childNodes.forEach(walk);
  };
  walk(root);
  return found;
}

/** What is the same in every language: names, codes, numbers with their units. */
const SAME = [
  /^(?:alice|Abide|App|Claude Code|Example & Sons|Terminal|pts\/3|OK(?:: vpn)?|native|SHA-256|to fetch the numbers of November|“to fetch the numbers of November”)$/,
  // A name of an account, a program, a code: one word in small letters. A provider: its first letter, its product.
  /^(?:work|vpn|lab|demo|ci|weather|zsh|node|terraform|curl|claude|[\w-]+[._][\w.-]*|\p{Lu}|Auth0|Dex|GitLab|Google|Keycloak|Microsoft Entra ID|Okta|ZITADEL)$/u,
  /^[\d\s.,:·–?‹›]*(?:(?:\d+ (?:s|min|h|d)\s?)+)?$/,
  /^\/|\b(?:example\.(?:com|org|net)|127\.0\.0\.1)\b/,
];
const isSame = (text: string) => SAME.some((pattern) => pattern.test(text));

test.each(Object.keys(scenes))("nothing of the scene %s is left in English", { timeout: 60_000 }, async (scene) => {
  const english = new Set(await at(scene, words));
  for (const language of ["es", "de"]) {
    await speakAny(language);
    const left = (await at(scene, words)).filter((text) => english.has(text) && !isSame(text));
    expect([...new Set(left)], language).toEqual([]);
  }
});

/** A scene of each page. */
const PAGES = ["active", "several", "there", "demo", "settings", "help", "add", "found", "tools", "asked", "activity"];

test.each(PAGES.flatMap((scene) => ["es", "de", "qps-rtl"].map((language) => [scene, language] as const)))(
  "axe finds nothing in the scene %s in %s",
  { timeout: 120_000 },
  async (scene, language) => {
    await speakAny(language);
    const found = await at(scene, async () => {
      expect([document.documentElement.lang, document.documentElement.dir]).toEqual([language, language === "qps-rtl" ? "rtl" : "ltr"]);
      const valid = { "color-contrast": { enabled: false }, "html-lang-valid": { enabled: !language.startsWith("qps") } };
      return (await axe.run(document, { rules: valid, resultTypes: ["violations"] })).violations;
    });
    expect(found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  },
);
