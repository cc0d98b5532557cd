import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { strings } from "../../web/src/strings.ts";

const root = fileURLToPath(new URL("../../src/", import.meta.url));

describe("kinds of jobs", () => {
  it("all have words for people", () => {
    const kinds = globSync("**/*.ts", { cwd: root }).flatMap((file) =>
      Array.from(readFileSync(root + file, "utf8").matchAll(/\w+_JOB = "([^"]+)"/g), ([, kind]) => kind!),
    );
    expect(kinds.length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => strings.jobs.kinds[kind] === undefined)).toEqual([]);
  });
});
