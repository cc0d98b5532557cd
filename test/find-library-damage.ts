import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import sharp from "sharp";
import { imohashFile } from "../src/hash/imohash.ts";
import { derivativePath, listDerivatives } from "../src/library/derivatives.ts";

interface PhotoRow {
  readonly id: number;
  readonly path: string;
  readonly status: string;
  readonly failure_reason: string | null;
  readonly byte_size: number;
  readonly imohash: string;
  readonly content_version: number;
}

interface DerivativeRow {
  readonly photo_id: number;
  readonly kind: "preview" | "thumbnail";
  readonly width: number;
  readonly height: number;
  readonly byte_size: number;
  readonly content_version: number;
}

/** Steps of a completed photo and the tables that each fills with exactly one row. */
const ONE_ROW_TABLES = ["fingerprints", "embeddings"] as const;

/** Objects have embeddings of their own. */
const OF_PHOTOS = { fingerprints: "", embeddings: "where owner_kind = 'photo'" } as const;

export interface DamageOptions {
  /** Files that should be photos. */
  readonly files: readonly string[];
  /** Steps that should be done on a completed photo. */
  readonly doneSteps: readonly string[];
  /** Whether completed photos should have an embedding. */
  readonly hasEmbeddings: boolean;
}

/**
 * Everything that is wrong with a library that no process has open, in words: database, photos against files, results
 * against photos, derivatives against disk, full text against photos, jobs. Empty when nothing is.
 */
export async function findLibraryDamage(dataDirectory: string, options: DamageOptions): Promise<string[]> {
  const database = new DatabaseSync(join(dataDirectory, "library.db"), { readOnly: true });
  try {
    const all = <T>(sql: string) => database.prepare(sql).all() as T[];
    const photos = all<PhotoRow>("select * from photos");
    return [
      ...all<{ integrity_check: string }>("pragma integrity_check")
        .map((row) => row.integrity_check)
        .filter((finding) => finding !== "ok"),
      ...all("pragma foreign_key_check").map((row) => `foreign key: ${JSON.stringify(row)}`),
      ...findUnequal(
        "photos",
        options.files,
        photos.map(({ path }) => path),
      ),
      ...(await findWrongPhotos(photos)),
      ...findWrongSteps(photos, all("select photo_id, step, status from photo_steps"), options),
      ...ONE_ROW_TABLES.filter((table) => table !== "embeddings" || options.hasEmbeddings).flatMap((table) =>
        findUnequal(
          table,
          idsWithResult(photos, table),
          all<{ photo_id: number }>(`select photo_id from ${table} ${OF_PHOTOS[table]}`).map(
            (row) => row.photo_id,
          ),
        ),
      ),
      ...all<{ photo_id: number }>(
        "select photo_id from embeddings where length(embedding) <> 4 * dimensions",
      ).map((row) => `embedding of photo ${row.photo_id} is cut off`),
      ...all<{ photo_id: number }>(
        "select photo_id from text_lines group by photo_id, position having count(*) > 1",
      ).map((row) => `text of photo ${row.photo_id} is doubled`),
      ...(await findWrongDerivatives(dataDirectory, photos, all<DerivativeRow>("select * from derivatives"))),
      ...findUnequal(
        "full text",
        photos.map(({ id }) => id),
        all<{ rowid: number }>("select rowid from text_words").map((row) => row.rowid),
      ),
      ...all<{ id: number; kind: string; state: string }>(
        // The night's round waits for the night.
        "select id, kind, state from jobs where state in ('queued', 'running') and kind <> 'maintenance.nightly'",
      ).map(({ id, kind, state }) => `${kind} job ${id} is ${state}`),
    ];
  } finally {
    database.close();
  }
}

/** A broken file has a fingerprint of its bytes but nothing that needs pixels. */
function idsWithResult(photos: readonly PhotoRow[], table: string): number[] {
  return photos
    .filter(({ status }) => table === "fingerprints" || status === "completed")
    .map(({ id }) => id);
}

/** What is missing, too much or doubled among `found`. */
function findUnequal<T>(what: string, wanted: readonly T[], found: readonly T[]): string[] {
  const wantedSet = new Set(wanted);
  const foundSet = new Set(found);
  const doubled = found.filter((item, i) => found.indexOf(item) !== i);
  return [
    ...[...wantedSet]
      .filter((item) => !foundSet.has(item))
      .map((item) => `${what}: ${String(item)} is missing`),
    ...[...foundSet]
      .filter((item) => !wantedSet.has(item))
      .map((item) => `${what}: ${String(item)} should not be there`),
    ...doubled.map((item) => `${what}: ${String(item)} is doubled`),
  ];
}

async function findWrongPhotos(photos: readonly PhotoRow[]): Promise<string[]> {
  const findings: string[] = [];
  for (const { id, path, status, failure_reason, byte_size, imohash } of photos) {
    const wrong = (what: string) => findings.push(`photo ${id} (${path}): ${what}`);
    if (status !== "completed" && status !== "failed") wrong(`status ${status}`);
    if (status === "failed" && !failure_reason) wrong("failed without a reason");
    if ((await stat(path)).size !== byte_size) wrong(`byte size ${byte_size}`);
    if ((await imohashFile(path)) !== imohash) wrong(`imohash ${imohash}`);
  }
  return findings;
}

function findWrongSteps(
  photos: readonly PhotoRow[],
  steps: readonly { photo_id: number; step: string; status: string }[],
  { doneSteps }: DamageOptions,
): string[] {
  const completed = new Set(photos.filter(({ status }) => status === "completed").map(({ id }) => id));
  const done = steps.filter(({ photo_id, status }) => status === "done" && completed.has(photo_id));
  return findUnequal(
    "steps done",
    [...completed].flatMap((id) => doneSteps.map((step) => `${id} ${step}`)),
    done.map(({ photo_id, step }) => `${photo_id} ${step}`),
  );
}

async function findWrongDerivatives(
  dataDirectory: string,
  photos: readonly PhotoRow[],
  rows: readonly DerivativeRow[],
): Promise<string[]> {
  const pathOf = (id: number, version: number, kind: "preview" | "thumbnail") =>
    derivativePath(dataDirectory, id, version, kind);
  const completed = photos.filter(({ status }) => status === "completed");
  const wanted = completed.flatMap(({ id, content_version: version }) => [
    pathOf(id, version, "preview"),
    pathOf(id, version, "thumbnail"),
  ]);
  const onDisk: string[] = [];
  for await (const { path } of listDerivatives(dataDirectory)) onDisk.push(path);
  const findings = [
    ...findUnequal("derivative files", wanted, onDisk),
    ...findUnequal(
      "derivatives",
      wanted,
      rows.map((row) => pathOf(row.photo_id, row.content_version, row.kind)),
    ),
  ];
  for (const row of rows) {
    const path = pathOf(row.photo_id, row.content_version, row.kind);
    const finding = await findWrongPicture(path, row);
    if (finding !== undefined) findings.push(`${path}: ${finding}`);
  }
  return findings;
}

/** Reads every pixel, so that a picture that ends early is noticed. */
async function findWrongPicture(path: string, row: DerivativeRow): Promise<string | undefined> {
  try {
    const { info } = await sharp(path, { failOn: "warning" }).raw().toBuffer({ resolveWithObject: true });
    const { size } = await stat(path);
    const isRight = info.width === row.width && info.height === row.height && size === row.byte_size;
    return isRight
      ? undefined
      : `is ${info.width} × ${info.height}, ${size} bytes, but its row says ${JSON.stringify(row)}`;
  } catch (error) {
    return (error as Error).message;
  }
}
