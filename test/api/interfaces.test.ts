import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeSettings } from "../../src/config.ts";
import { readApiDocument, type ApiDocument, type ApiOperation } from "./api-document.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Spans of code in one cell. */
const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
/** Our name of each field of a cell. */
const ourFields = (cell: string) => codes(cell).map((field) => field.split("→").at(-1)!);

/** Rows of the table below a heading, without its head. */
function readTable(heading: string): string[][] {
  const text = readFileSync(join(ROOT, "docs/interfaces.md"), "utf8");
  const section = text.split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

let test: TestLibrary;
let api: ApiDocument;
beforeAll(async () => {
  test = await openTestLibrary({ files: {} });
  api = await readApiDocument(test.url);
});
afterAll(() => test.close());

/** Names of all properties that a schema mentions, those it refers to included. */
function collectProperties(
  schema: unknown,
  found = new Set<string>(),
  seen = new Set<string>(),
): Set<string> {
  if (typeof schema !== "object" || schema === null) return found;
  const { components } = JSON.parse(api.text) as { components: { schemas: Record<string, unknown> } };
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach(visit);
    for (const [key, own] of Object.entries(value)) {
      if (key === "properties") for (const name of Object.keys(own as object)) found.add(name);
      if (key !== "$ref") visit(own);
      else if (!seen.has(own as string)) {
        seen.add(own as string);
        visit(components.schemas[(own as string).split("/").at(-1)!]);
      }
    }
  };
  visit(schema);
  return found;
}

function findOperation(wanted: string): ApiOperation | undefined {
  const [method, path] = wanted.split(" ") as [string, string];
  return api.operations.find(
    (one) => one.method === method && (one.path === `/api/v1${path}` || one.path === path),
  );
}

describe("docs/interfaces.md", () => {
  it("names endpoints that exist, with fields that they take and give", () => {
    const missing: string[] = [];
    const rows = readTable("HTTP");
    for (const [, theirs, ours, input, output] of rows) {
      const [endpoint] = codes(ours!);
      const operation = endpoint === undefined ? undefined : findOperation(endpoint);
      if (operation === undefined) {
        missing.push(`${theirs}: ${ours}`);
        continue;
      }
      const taken = collectProperties(operation.requestBody);
      for (const { name } of operation.parameters) taken.add(name);
      const given = collectProperties(operation.responses);
      for (const field of ourFields(input!)) if (!taken.has(field)) missing.push(`${ours} takes no ${field}`);
      for (const field of ourFields(output!))
        if (!given.has(field)) missing.push(`${ours} gives no ${field}`);
    }
    expect(missing).toEqual([]);
    expect(rows.length).toBeGreaterThan(80);
  });

  it("names commands that exist, with their options", async () => {
    const program = new Command("keepsight");
    for (const file of globSync("src/cli/*.ts", { cwd: ROOT })) {
      if (basename(file).includes(".test.")) continue;
      const module = (await import(join(ROOT, file))) as Record<string, unknown>;
      for (const [name, add] of Object.entries(module)) {
        if (!/^add\w+Command$/.test(name)) continue;
        (add as (parent: Command, open: () => Promise<never>) => void)(program, () =>
          Promise.reject(new Error("No command is to run here.")),
        );
      }
    }
    const missing: string[] = [];
    for (const [, , ours, options] of readTable("Command line")) {
      const words = codes(ours!)[0]!.split(" ").slice(1);
      let command: Command | undefined = program;
      for (const word of words) command = command?.commands.find((one) => one.name() === word);
      if (command === undefined) missing.push(ours!);
      const known = command?.options.map(({ long }) => long);
      for (const option of codes(options!))
        if (known?.includes(option) !== true) missing.push(`${ours} ${option}`);
    }
    expect(missing).toEqual([]);
  });

  it("names settings that exist", () => {
    const known = new Set(describeSettings().map(({ variable }) => variable));
    for (const [, , ours] of readTable("Settings")) {
      const [variable] = codes(ours!);
      if (variable?.startsWith("KEEPSIGHT_")) expect(known).toContain(variable);
      else expect(ours).toMatch(/^– \(.+\)$/);
    }
  });
});
