import { mount } from "svelte";
import App from "../App.svelte";
import "../app.css";
import { demoHost } from "./host";

const asked = new URLSearchParams(location.search);
const scene = asked.get("demo") ?? "active";
if (scene === "settings" || scene === "ways") location.hash = "settings";
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host: demoHost(scene), startWithAdd: scene === "add" } });
// For pictures: `&open` unfolds what can be unfolded.
if (asked.has("open")) setTimeout(() => document.querySelectorAll("details").forEach((details) => (details.open = true)), 100);
