import { mount } from "svelte";
import App from "../App.svelte";
import "../app.css";
import Gallery from "./Gallery.svelte";
import { demoHost, scenes } from "./host";
import { play, startOf } from "./play";
import { speakAny } from "./pseudo";

const asked = new URLSearchParams(location.search);
const scene = asked.get("demo");
// `&lang=` chooses the language, also an invented one: the names are in pseudo.ts.
await speakAny(asked.get("lang") ?? "en");
const target = document.getElementById("app");
if (target && scene === null) {
  mount(Gallery, { target, props: { scenes: Object.keys(scenes) } });
} else if (target && scene !== null) {
  mount(App, { target, props: { host: demoHost(scene), start: startOf(scene) } });
  // For pictures: `&open` unfolds what can be unfolded, `&large` doubles the text.
  if (asked.has("large")) document.documentElement.style.fontSize = "200%";
  await play(scene);
  if (asked.has("open")) document.querySelectorAll("details").forEach((details) => (details.open = true));
  document.documentElement.dataset.played = scene;
}
