import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const WORKER = "service-worker";

/** Tells the service worker the files of the app and their version. */
function listAppFiles(): Plugin {
  return {
    name: "list-app-files",
    generateBundle(_options, bundle) {
      const worker = bundle[`${WORKER}.js`];
      if (worker?.type !== "chunk") return;
      // The map of the world is kept when it is looked at: not everybody does.
      const built = Object.keys(bundle).filter(
        (name) => name.startsWith("assets/") && !name.endsWith(".json"),
      );
      const files = [...built, ...readdirSync(new URL("web/public/", import.meta.url))].toSorted();
      const version = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
      worker.code = worker.code
        .replaceAll("__APP_FILES__", JSON.stringify(files.map((file) => `/${file}`)))
        .replaceAll("__APP_VERSION__", JSON.stringify(version));
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL("web/", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [listAppFiles()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The first versions with light-dark(), which the style sheets are built on (all from before mid-2024).
    target: ["chrome123", "firefox121", "safari17.5"],
    // No inlined assets: everything the page loads has its own cacheable address on the same origin.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: fileURLToPath(new URL("web/index.html", import.meta.url)),
        [WORKER]: fileURLToPath(new URL(`web/src/${WORKER}.ts`, import.meta.url)),
      },
      output: {
        // At a fixed address: the browser asks there whether there is a new one.
        entryFileNames: ({ name }) => (name === WORKER ? `${WORKER}.js` : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:4280" } },
});
