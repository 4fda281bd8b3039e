import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "./tests/browser-conditions";
import { defineConfig } from "vitest/config";

// `--mode demo` builds and serves demo.html, the window in a browser with invented accounts. The production build knows
// only index.html, so nothing of the demonstration can reach it.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  server: { host: "127.0.0.1", port: 47620, strictPort: true, fs: { allow: [".", "../crates/wire/src", "../crates/cli/src", "../crates/audit/src", "../src-tauri/src/consent"] } },
  build: {
    target: "safari15",
    outDir: mode === "demo" ? "dist-demo" : "dist",
    // The window's policy allows nothing but its own files: no data: URLs, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: mode === "demo" ? "demo.html" : "index.html" },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "jsdom",
    env: { TZ: "UTC" },
    restoreMocks: true,
    css: { include: [/app\.css/] },
  },
}));
