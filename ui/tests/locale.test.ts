import { afterEach, expect, test, vi } from "vitest";
import css from "../src/app.css?raw";
import { plotAloud } from "../src/lib/activity";
import { list, number, parts, speak, systemLanguage } from "../src/lib/locale.svelte";
import { inWords } from "../src/lib/problems";
import { exactDuration, parseDuration } from "../src/lib/settings";
import { ago, at, dateAndTime, duration, timeOfDay, until, weekday } from "../src/lib/time-words";
import { chart } from "../src/lib/tools";
import type { Language, Snapshot } from "../src/lib/wire";
import { active, open, settle, snapshot, status } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;
afterEach(() => speak("en"));

/** The same in each language. */
async function each<T>(what: () => T): Promise<Record<Language, T>> {
  const said: Partial<Record<Language, T>> = {};
  for (const language of ["en", "es", "de"] as const) {
    await speak(language);
    said[language] = what();
  }
  return said as Record<Language, T>;
}

/** No-break spaces keep a number and its unit on one line. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("the first language of the system that the window has is spoken", () => {
  expect(systemLanguage(["fr-FR", "es-MX", "en"])).toBe("es");
  expect(systemLanguage(["de-CH"])).toBe("de");
  expect(systemLanguage(["DE"])).toBe("de");
  expect(systemLanguage(["fr", "toString"])).toBe("en");
  expect(systemLanguage([])).toBe("en");
});

test("numbers have their plurals and separators", async () => {
  const tokens = await each(() => [chart([1]), chart([1212, 0])]);
  expect(tokens.en).toEqual(["1 token in the last 1 day", "1,212 tokens in the last 2 days"]);
  expect(tokens.es).toEqual(["1 token entregado en el último día", "1212 tokens entregados en los últimos 2 días"]);
  expect(tokens.de).toEqual(["1 Token ausgegeben am letzten Tag", "1.212 Tokens ausgegeben in den letzten 2 Tagen"]);
  expect(await each(() => number(12_345))).toEqual({ en: "12,345", es: "12.345", de: "12.345" });
  const hours = [{ served: 1, refused: 2, renewed: 1, began: 0, ended: 1 }];
  expect((await each(() => plotAloud(hours, noon * 1000))).de).toBe("1 Anfrage erfüllt, 2 abgelehnt, 1 Erneuerung, 1 Sitzung beendet. Die meisten Anfragen von 12:00 bis 13:00.");
});

test("dates, times and lists are written as in the language", async () => {
  expect(await each(() => dateAndTime(noon))).toEqual({ en: "2 January 2026, 12:00", es: "2 de enero de 2026, 12:00", de: "2. Januar 2026, 12:00" });
  expect(await each(() => weekday(noon * 1000))).toEqual({ en: "Friday, 2 January", es: "viernes 2 de enero", de: "Freitag, 2. Januar" });
  expect(await each(() => at(noon + 13 * 3600, noon))).toEqual({ en: "at 01:00 tomorrow", es: "mañana a las 01:00", de: "morgen um 01:00" });
  expect(await each(() => until(noon + 9 * 3600, noon))).toEqual({ en: "until 21:00", es: "hasta las 21:00", de: "bis 21:00" });
  expect(await each(() => timeOfDay(noon - 13 * 3600, noon))).toEqual({ en: "23:00 yesterday", es: "ayer, 23:00", de: "gestern, 23:00" });
  expect(await each(() => plain(ago(130)))).toEqual({ en: "2 min ago", es: "hace 2 min", de: "vor 2 min" });
  expect(await each(() => list(["a", "b", "c"]))).toEqual({ en: "a, b and c", es: "a, b y c", de: "a, b und c" });
});

test("a duration that is shown can be typed, in every language", async () => {
  const typed = await each(() => [1, 59, 60, 432, 5400, 43_200, 90_061, 315_360_000].map((seconds) => [seconds, parseDuration(exactDuration(seconds))]));
  for (const pairs of Object.values(typed)) for (const [seconds, read] of pairs) expect(read).toBe(seconds);
  expect(["2 horas", "1 día 3 h", "5 Minuten", "2 Std. 30 Min.", "1 Tag", "10 segundos"].map(parseDuration)).toEqual([7200, 97_200, 300, 9000, 86_400, 10]);
  expect(await each(() => plain(duration(178)))).toEqual({ en: "2 min 58 s", es: "2 min 58 s", de: "2 min 58 s" });
});

test("what an argument contains is never a mark", () => {
  expect(parts("consent-request", { who: "**a** `b` \ue000", provider: "id.example.com" })).toEqual([
    { kind: "strong", text: "**a** `b` \ue000", argument: "who" },
    { kind: "plain", text: " wants to use your access to id.example.com." },
  ]);
});

test("an error has words by its code; one that has none is shown as the program words it", async () => {
  const said = await each(() => [inWords("provider_timeout", "No answer."), inWords("an_unknown_code", "Details."), inWords(null, "Details.")]);
  expect(said.en).toEqual(["No answer.", "Details.", "Details."]);
  expect(said.es[0]).not.toBe("No answer.");
  expect(said.de.slice(1)).toEqual(["Details.", "Details."]);
});

const speaking = (used: Language, over: object = {}): Snapshot => ({ ...snapshot([active(), status({ account: "lab" })]), language: { used, configured: null, locked: false, ...over } }) as Snapshot;

test("the window speaks the language of the program from the first word, and follows when it changes", async () => {
  const window = await open(speaking("de"));
  await loaded();
  expect(window.labels()).toContain("Sitzung behalten");
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["de", "ltr"]);
  await window.show(speaking("es"));
  await loaded();
  expect(window.labels()).toContain("Mantener la sesión");
  expect(document.documentElement.lang).toBe("es");
});

test("the language is chosen on the page of the settings, also without an account", async () => {
  const changeLanguage = vi.fn(async (_: Language | null) => {});
  const window = await open({ ...speaking("en", { configured: "en" }), accounts: [] } as Snapshot, { changeLanguage });
  await window.navigate("settings");
  const select = window.target.querySelector<HTMLSelectElement>("#language")!;
  expect([select.value, ...[...select.options].map(({ lang, textContent }) => `${lang} ${textContent}`)]).toEqual(["en", " As the system", "en English", "es Español", "de Deutsch"]);
  for (const value of ["de", ""]) {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
  }
  expect(changeLanguage.mock.calls).toEqual([["de"], [null]]);
});

test("a language that an administrator has set cannot be changed, and a refusal is said", async () => {
  const locked = await open(speaking("en", { configured: "en", locked: true }));
  await locked.navigate("settings");
  expect(locked.target.querySelector<HTMLSelectElement>("#language")!.disabled).toBe(true);
  expect(locked.target.querySelector("#language-locked")?.textContent?.trim()).toBe("Set by your administrator.");
  const refused = async () => {
    throw { code: "config_file", message: "The file cannot be written." };
  };
  const window = await open(speaking("en"), { changeLanguage: refused });
  await window.navigate("settings");
  window.target.querySelector("#language")!.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(window.target.querySelector("#language-problem")?.textContent).toBe("The file cannot be written.");
});

/** A catalogue is read by and by. */
async function loaded(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await Promise.all([import("texts:de"), import("texts:es")]);
    await settle();
  }
}

test("nothing depends on the side on which a text begins", () => {
  const styles = Object.entries(import.meta.glob<string>("../src/**/*.svelte", { query: "?raw", import: "default", eager: true })).map(([path, source]) => [path, source.split("<style>")[1] ?? ""]);
  const sided = /(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|float:|^\s*(?:left|right):|(?:margin|padding): \S+ (\S+) \S+ (?!\1;)\S+;/m;
  for (const [path, style] of [...styles, ["app.css", css]]) expect(style, path).not.toMatch(sided);
});
