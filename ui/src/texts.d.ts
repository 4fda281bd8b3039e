// The catalogues, by the name of their language: ../catalogue-plugin.ts.
declare module "texts:*" {
  const entries: import("./lib/locale.svelte").Entries;
  export default entries;
}
