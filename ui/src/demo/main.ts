import { mount } from "svelte";
import App from "../App.svelte";
import "../app.css";
import { demoHost } from "./host";

const scene = new URLSearchParams(location.search).get("demo") ?? "active";
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host: demoHost(scene), startWithAdd: scene === "add" } });
