// Scenes of the gallery that begin on another page, or need a click or two first.
import type { Place } from "../lib/pages";

const PLACES: Record<string, Place> = {
  settings: "settings", ways: "settings", locked_settings: "settings", help: "help", trouble_help: "help", add: "add", values: "add", found: "add", registers: "add",
  tools: "tools", asked: "tools", tools_empty: "tools", tools_policy: "tools",
  activity: "activity", activity_search: "activity", activity_empty: "activity", activity_broken: "activity",
};

/** The page on which a scene begins. */
export const startOf = (scene: string): Place => PLACES[scene] ?? "accounts";

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the page has such an element. */
async function found(selector: string): Promise<HTMLElement | null> {
  for (let tries = 0; tries < 100; tries++) {
    const element = document.querySelector<HTMLElement>(selector);
    if (element !== null) return element;
    await rest(20);
  }
  return null;
}

/** Makes the clicks that lead to the scene; `patience` is how long it waits first, in milliseconds. */
export async function play(scene: string, patience = 100): Promise<void> {
  await rest(patience);
  if (scene === "named") (await found("[data-manage] summary"))?.click();
  if (scene === "values") {
    (await found("[data-preset=keycloak]"))?.click();
    await found("#blank-0");
  }
  // Yesterday is whole, whenever the picture is taken.
  if (scene === "activity" || scene === "activity_broken") {
    await found(".record");
    document.querySelector<HTMLElement>(".day button")?.click();
    await rest(50);
  }
  if (scene === "activity") (await found("main li:nth-child(3) details summary"))?.click();
  if (scene === "activity_search") {
    const field = (await found("#find")) as HTMLInputElement | null;
    if (field === null) return;
    field.value = "curl";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await rest(400);
  }
  if (scene === "activity_broken") {
    await found(".record");
    for (const button of document.querySelectorAll<HTMLElement>(".record button")) {
      button.click();
      await rest(50);
    }
  }
  if (scene === "found" || scene === "registers") {
    const field = (await found("#issuer")) as HTMLInputElement | null;
    if (field === null) return;
    field.value = "https://id.example.net";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.form?.requestSubmit();
    await found("#found");
  }
}
