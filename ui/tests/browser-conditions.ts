import type { Plugin } from "vite";

/** Lets components be mounted in tests: without it, Svelte resolves to its server build under Node. */
export function svelteTesting(): Plugin {
  return {
    name: "svelte-testing",
    config: () => (process.env.VITEST ? { resolve: { conditions: ["browser"] } } : {}),
  };
}
