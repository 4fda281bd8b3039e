import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { tauriHost } from "./lib/host";
import { speak, systemLanguage } from "./lib/locale.svelte";

await speak(systemLanguage());
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host: tauriHost } });
