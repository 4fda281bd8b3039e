import { svelte } from "@sveltejs/vite-plugin-svelte";
import { texts } from "./catalogue-plugin";
import { svelteTesting } from "./tests/browser-conditions";
import { defineConfig } from "vitest/config";

// `--mode demo` builds and serves demo.html, the window in a browser with invented accounts. The production build knows
// only index.html, so nothing of the demonstration can reach it.
export default defineConfig(({ mode }) => ({
  plugins: [texts(), svelte(), svelteTesting()],
  server: { host: "127.0.0.1", port: 47620, strictPort: true, fs: { allow: [".", "../locales", "../crates/wire/src", "../crates/cli/src", "../crates/audit/src", "../src-tauri"] } },
  build: {
    target: "safari15",
    outDir: mode === "demo" ? "dist-demo" : "dist",
    // The window's policy allows nothing but its own files: no data: URLs, no inline script.
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      input: mode === "demo" ? "demo.html" : "index.html",
      // A catalogue is a file of its own: only the one of the chosen language is read.
      output: { chunkFileNames: ({ moduleIds }) => `assets/${/texts:(\w+)/.exec(moduleIds[0] ?? "")?.[1] ?? "[name]"}-[hash].js` },
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "jsdom",
    setupFiles: ["tests/english.ts"],
    env: { TZ: "UTC" },
    restoreMocks: true,
    css: { include: [/app\.css/] },
  },
}));
