import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL("web/", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The first versions with light-dark(), which the style sheets are built on (all from before mid-2024).
    target: ["chrome123", "firefox121", "safari17.5"],
    // No inlined assets: everything the page loads has its own cacheable address on the same origin.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": "http://127.0.0.1:4280" } },
});
