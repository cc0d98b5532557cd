import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Hundreds of processes run the same program: compiled once, each starts in half the time. Workers and what they start
// inherit it.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/keepsight-compiled", import.meta.url),
);

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "web/src/**/*.test.ts"],
    // Child processes and real models: forks keep native code of one test file away from another.
    pool: "forks",
    maxWorkers: 2,
    // Browsers, servers and analysers on a busy machine: what fails once is asked once more, and both are reported.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
