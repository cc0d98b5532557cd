import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Hundreds of processes run the same program: compiled once, each starts in half the time. Workers and what they start
// inherit it.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/keepsight-compiled", import.meta.url),
);

/** Real models, browsers and whole servers: a process of its own keeps native code of one test file away from another. */
const APART = ["test/**/*.test.ts", "src/{vision,onnx,image}/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    // Browsers, servers and analysers on a busy machine: what fails once is asked once more, and both are reported.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "apart", include: APART } },
      {
        extends: true,
        test: {
          name: "together",
          include: ["src/**/*.test.ts", "web/src/**/*.test.ts"],
          exclude: APART,
          // A process and its modules for each of 180 files cost a sixth of their CPU time.
          isolate: false,
        },
      },
    ],
  },
});
