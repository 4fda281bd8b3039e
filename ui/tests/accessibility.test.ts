// Every page and state of the gallery, judged by axe-core. What needs a layout (contrast) is judged in contrast.test.ts.
import axe from "axe-core";
import { flushSync, mount, unmount } from "svelte";
import { expect, test } from "vitest";
import App from "../src/App.svelte";
import { demoHost, scenes } from "../src/demo/host";
import { play, startOf } from "../src/demo/play";

// axe-core asks for a canvas, which jsdom does not have and says on the console.
HTMLCanvasElement.prototype.getContext = () => null;

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each(Object.keys(scenes))("axe finds nothing in the scene %s", { timeout: 120_000 }, async (scene) => {
  document.documentElement.lang = "en";
  document.title = "Abide";
  const target = document.body.appendChild(document.createElement("div"));
  const app = mount(App, { target, props: { host: demoHost(scene), start: startOf(scene) } });
  await rest(20);
  await play(scene, 1);
  flushSync();
  for (const details of target.querySelectorAll("details")) details.open = true;
  await rest(20);
  expect(target.querySelector("h1")).not.toBeNull();
  const { violations } = await axe.run(document, { rules: { "color-contrast": { enabled: false } }, resultTypes: ["violations"] });
  await unmount(app);
  target.remove();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
});
