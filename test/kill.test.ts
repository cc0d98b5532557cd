import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkBundledModels } from "./bundled-models.ts";
import { findLibraryDamage } from "./find-library-damage.ts";
import { type GeneratedPhoto, writePhotos } from "./generated-photos.ts";
import { killImport } from "./kill-import.ts";
import { writeClipTowers } from "./onnx-towers.ts";

const PHOTOS = 60;
const ROUNDS = 20;

describe("an import that is killed 20 times", () => {
  let directory: string;
  let photos: readonly GeneratedPhoto[];
  let storedAtKill: readonly number[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keepsight-kill-"));
    const models = join(directory, "models");
    writeClipTowers(models);
    await linkBundledModels(join(directory, "data", "models"));
    photos = await writePhotos(join(directory, "photos"), PHOTOS);
    ({ storedAtKill } = await killImport({
      server: {
        folders: [join(directory, "photos")],
        dataDirectory: join(directory, "data"),
        modelDirectories: [models],
      },
      rounds: ROUNDS,
      files: PHOTOS,
      seed: 20,
      deadlineMs: 300_000,
    }));
  }, 600_000);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("is hit all over its course", () => {
    expect(storedAtKill).toHaveLength(ROUNDS);
    const thirds = storedAtKill.map((stored) => Math.min(2, Math.floor((stored / PHOTOS) * 3)));
    expect(new Set(thirds)).toEqual(new Set([0, 1, 2]));
  });

  it("loses, doubles and halves nothing, and ends by itself", async () => {
    const damage = await findLibraryDamage(join(directory, "data"), {
      files: photos.map(({ path }) => path),
      doneSteps: ["preprocessing", "objects", "embeddings", "tags", "ocr", "faces", "hash", "duplicates"],
      hasEmbeddings: true,
    });
    expect(damage).toEqual([]);
  });

  it("judges each photo by what is in it", () => {
    const database = new DatabaseSync(join(directory, "data", "library.db"), { readOnly: true });
    const rows = database
      .prepare(
        `select path, status, (select group_concat(text, ' ') from text_lines where photo_id = photos.id) as text
         from photos`,
      )
      .all() as { path: string; status: string; text: string | null }[];
    database.close();
    const kinds = new Map(photos.map(({ path, kind }) => [path, kind]));
    const judged = rows.map(
      ({ path, status, text }) => `${kinds.get(path)}: ${status}, ${text?.replaceAll(" ", "")}`,
    );
    expect(new Set(judged)).toEqual(
      new Set(["plain: completed, undefined", "text: completed, THELITTLE", "broken: failed, undefined"]),
    );
  });
});
