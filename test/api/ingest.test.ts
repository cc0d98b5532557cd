import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IngestResult } from "../../src/api/ingest.ts";
import { ANALYSE_JOB } from "../../src/engine/import/analysis-queue.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

/** The largest upload of this library, bytes. */
const MAX_UPLOAD = 100_000;

let test: TestLibrary;

beforeAll(async () => {
  const settings = { KEEPSIGHT_MAX_UPLOAD_MB: String(MAX_UPLOAD / 1024 / 1024) };
  test = await openTestLibrary({ settings });
});

afterAll(() => test.close());

/** A photo that no other test has. */
let drawn = 0;
async function drawNewPhoto(): Promise<Buffer> {
  drawn++;
  return drawPhoto(`rgb(${drawn}, 40, 90)`, { camera: `Camera ${drawn}` });
}

type Field = readonly [name: string, value: string | Buffer, fileName?: string];

function toForm(fields: readonly Field[]): FormData {
  const form = new FormData();
  for (const [name, value, fileName] of fields) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), fileName ?? "photo.jpg");
  }
  return form;
}

async function post(path: string, body: FormData | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${test.url}/api/v1/${path}`, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text };
}

async function ingest(...fields: readonly Field[]) {
  const { status, text } = await post("ingest", toForm(fields));
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}

async function ingestBatch(...fields: readonly Field[]): Promise<IngestResult[]> {
  const { status, text } = await post("ingest/batch", toForm(fields));
  expect(status).toBe(200);
  return parseLines(text);
}

function parseLines(text: string): IngestResult[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => IngestResult.parse(JSON.parse(line)));
}

/** Every file that the server keeps of uploads, those that have not arrived whole included. */
async function listUploads(): Promise<string[]> {
  const root = join(test.dataDirectory, "uploads");
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function countPhotos(): Promise<number> {
  return (await test.library.stats.read()).photos;
}

/** What must hold after an upload that failed: nothing is known of it and nothing is left of it. */
async function expectNothingAdded(upload: () => Promise<unknown>): Promise<void> {
  const before = { photos: await countPhotos(), files: await listUploads() };
  await upload();
  expect({ photos: await countPhotos(), files: await listUploads() }).toEqual(before);
}

describe("POST /ingest", () => {
  it("takes in a photo, analyses it and finds its bytes again", async () => {
    const photo = await drawNewPhoto();
    const first = await ingest(["file", photo, "new.jpg"]);
    expect(first.status).toBe(202);
    expect(IngestResult.parse(first.body)).toMatchObject({ status: "accepted", fileName: "new.jpg" });
    // At once, before the analysis has hashed the first one.
    const again = await ingest(["file", photo, "again.jpg"]);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ status: "duplicate", duplicateOf: first.body["photoId"] });
    await test.library.runner.whenIdle();
    const { photo: stored } = await test.library.photos.getDetails(first.body["photoId"] as number);
    expect(stored).toMatchObject({ status: "completed", width: 320, height: 240 });
    expect((await stat(stored.path)).size).toBe(photo.length);
    const later = await ingest(["file", photo, "later.jpg"]);
    expect(later.body).toMatchObject({ status: "duplicate", duplicateOf: first.body["photoId"] });
    const kept = await ingest(["skipDuplicates", "false"], ["file", photo, "copy.jpg"]);
    expect(kept.status).toBe(202);
  });

  it("takes only one of several equal photos that arrive at the same moment", async () => {
    const photo = await drawNewPhoto();
    const results = await Promise.all(
      Array.from({ length: 5 }, (_, i) => ingest(["file", photo, `${i}.jpg`])),
    );
    expect(results.filter(({ body }) => body["status"] === "accepted")).toHaveLength(1);
    expect(new Set(results.map(({ body }) => body["photoId"])).size).toBe(1);
  });

  it("gives the same photo for the same imageId, also when both arrive at once", async () => {
    const [one, two] = await Promise.all([
      ingest(["imageId", "camera-7"], ["file", await drawNewPhoto()]),
      ingest(["imageId", "camera-7"], ["file", await drawNewPhoto()]),
    ]);
    expect(new Set([one.body["status"], two.body["status"]])).toEqual(new Set(["accepted", "duplicate"]));
    expect(one.body["photoId"]).toBe(two.body["photoId"]);
    const third = await ingest(["imageId", "camera-7"], ["file", await drawNewPhoto()]);
    expect(third.body).toMatchObject({ status: "duplicate", photoId: one.body["photoId"] });
  });

  it("obeys fields on either side of the file", async () => {
    const { body } = await ingest(
      ["tags", "before"],
      ["file", await drawNewPhoto()],
      ["tags", "sea, holiday"],
      ["enableOcr", "false"],
    );
    await test.library.runner.whenIdle();
    const details = await test.library.photos.getDetails(body["photoId"] as number);
    expect(details.tags.map(({ name }) => name).sort()).toEqual(["holiday", "sea"]);
    expect(details.steps.find(({ step }) => step === "ocr")?.status).not.toBe("done");
  });

  it.each([
    ["a field that means nothing", 400, "bad_request", ["enableOcr", "perhaps"], "enableOcr"],
    ["a threshold beyond its bounds", 400, "bad_request", ["nearDuplicateThreshold", "7"], "nearDuplicate"],
    ["a threshold that is no number", 400, "bad_request", ["nearDuplicateThreshold", "NaN"], "nearDuplicate"],
    ["an imageId too long", 400, "bad_request", ["imageId", "x".repeat(201)], "imageId"],
  ] as const)("refuses %s before and after the file", async (_what, status, code, field, named) => {
    const photo = await drawNewPhoto();
    for (const fields of [
      [field, ["file", photo] as const],
      [["file", photo] as const, field],
    ]) {
      await expectNothingAdded(async () => {
        const answer = await ingest(...fields);
        expect(answer.status).toBe(status);
        expect(answer.body).toMatchObject({ code, detail: expect.stringContaining(named) });
        expect(answer.body["errors"]).toEqual([
          expect.objectContaining({ field: expect.stringContaining(named) }),
        ]);
      });
    }
  });

  const badUploads: readonly (readonly [string, number, string, (photo: Buffer) => Field[]])[] = [
    ["no photo at all", 400, "bad_request", () => [["tags", "a"]]],
    ["an empty file", 400, "bad_request", () => [["file", Buffer.alloc(0)]]],
    ["text", 415, "unsupported_media", () => [["file", Buffer.from("hello, I am no photo at all")]]],
    ["a file too large", 413, "too_large", () => [["file", Buffer.alloc(MAX_UPLOAD + 5000, 1)]]],
    [
      "a picture without a size",
      422,
      "undecodable",
      () => [["file", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(40)])]],
    ],
    [
      "two files",
      413,
      "too_large",
      (photo) => [
        ["file", photo],
        ["file", photo],
      ],
    ],
  ];

  it.each(badUploads)("refuses %s", async (_what, status, code, fieldsOf) => {
    const photo = await drawNewPhoto();
    await expectNothingAdded(async () => {
      const answer = await ingest(...fieldsOf(photo));
      expect(answer.body).toMatchObject({ status, code, detail: expect.any(String) });
      expect(answer.status).toBe(status);
    });
  });

  it("refuses what is no form", async () => {
    for (const path of ["ingest", "ingest/batch"]) {
      const answer = await post(path, "{}", { "content-type": "application/json" });
      expect(answer.status).toBe(415);
      expect(answer.type).toContain("application/problem+json");
      const formless = await post(path, "xx", { "content-type": "multipart/form-data" });
      const code = path === "ingest" ? JSON.parse(formless.text).code : parseLines(formless.text)[0]!.code;
      expect(code).toBe("bad_request");
    }
  });

  it("keeps nothing of an upload that breaks off", async () => {
    await expectNothingAdded(async () => {
      const upload = await openUpload("ingest");
      upload.send(partHead("half.jpg"));
      upload.send(Buffer.alloc(20_000, 7));
      await waitFor(async () => (await listUploads()).some((path) => path.includes("incoming")));
      upload.destroy();
      await waitFor(async () => !(await listUploads()).some((path) => path.includes("incoming")));
    });
  });

  it("keeps a dangerous file name in its own folder", async () => {
    const { body } = await ingest(["file", await drawNewPhoto(), "../../../etc/evil\u202egpj.exe"]);
    const photo = await test.library.photos.get(body["photoId"] as number);
    expect(photo.path.startsWith(join(test.dataDirectory, "uploads"))).toBe(true);
    expect(photo.fileName).not.toMatch(/[/\u202e]/u);
  });
});

describe("POST /ingest/batch", () => {
  // What comes of so many photos is another matter, and would take half a minute.
  beforeAll(() => test.library.jobs.pause(ANALYSE_JOB));

  it("answers each of 64 files in order, bad ones included", async () => {
    const files: Field[] = [];
    for (let i = 0; i < 64; i++) {
      const bytes =
        i === 10 ? Buffer.from("no photo") : i === 20 ? Buffer.alloc(MAX_UPLOAD + 9) : await drawNewPhoto();
      files.push(["file", bytes, `${i}.jpg`]);
    }
    const results = await ingestBatch(["tags", "batch"], ...files);
    expect(results.map(({ fileName }) => fileName)).toEqual(files.map(([, , name]) => name));
    expect(results[10]).toMatchObject({ status: "rejected", code: "unsupported_media" });
    expect(results[20]).toMatchObject({ status: "rejected", code: "too_large" });
    expect(results.filter(({ status }) => status === "accepted")).toHaveLength(62);
  });

  it("takes in 64 of 65 files and says why the rest is refused", async () => {
    const photo = await drawNewPhoto();
    const results = await ingestBatch(
      ...Array.from({ length: 65 }, (_, i): Field => ["file", photo, `${i}.jpg`]),
    );
    expect(results).toHaveLength(65);
    expect(results[64]).toMatchObject({ status: "rejected", code: "too_large" });
    expect(results[64]!.reason).toMatch(/64/);
  });

  it("tells the first result before the last file is sent", async () => {
    const upload = await openUpload("ingest/batch");
    upload.send(partHead("first.jpg"));
    upload.send(await drawNewPhoto());
    upload.send(partHead("second.jpg"));
    await waitFor(async () => upload.answer().includes('"fileName":"first.jpg"'));
    expect(upload.answer()).not.toContain("second.jpg");
    upload.send(await drawNewPhoto());
    upload.end();
    await waitFor(async () => upload.answer().includes('"fileName":"second.jpg"'));
  });

  it("keeps the photos before the one that breaks off, and nothing of that", async () => {
    const before = await countPhotos();
    const upload = await openUpload("ingest/batch");
    upload.send(partHead("whole.jpg"));
    upload.send(await drawNewPhoto());
    upload.send(partHead("half.jpg"));
    upload.send(Buffer.alloc(9000, 3));
    await waitFor(async () => (await countPhotos()) === before + 1);
    upload.destroy();
    await waitFor(async () => !(await listUploads()).some((path) => path.includes("incoming")));
    expect(await countPhotos()).toBe(before + 1);
  });
});

describe("POST /ingest/directory", () => {
  const ingestDirectory = async (body: unknown) => {
    const answer = await post("ingest/directory", JSON.stringify(body), {
      "content-type": "application/json",
    });
    return { ...answer, body: JSON.parse(answer.text) as Record<string, unknown> };
  };

  it("scans a folder on the server", async () => {
    const folder = join(test.folder, "..", "more photos");
    await mkdir(folder);
    await writeFile(join(folder, "added.jpg"), await drawNewPhoto());
    const before = await countPhotos();
    const answer = await ingestDirectory({ path: folder });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ jobId: expect.any(Number) });
    await test.library.runner.whenIdle();
    expect(await countPhotos()).toBe(before + 1);
  });

  it.each([
    ["a folder that is not there", () => "/no/such/folder", "does not exist"],
    ["a file", () => join(test.folder, "red.jpg"), "is not a folder"],
    ["the data directory", () => test.dataDirectory, "data directory"],
    ["a folder inside the data directory", () => join(test.dataDirectory, "uploads"), "data directory"],
    ["a path that depends on where the server was started", () => "src", "whole path"],
    ["a path with a null character", () => "/tmp/a\0b", "path"],
  ])("refuses %s", async (_what, pathOf, reason) => {
    const answer = await ingestDirectory({ path: pathOf() });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: "bad_request", detail: expect.stringContaining(reason) });
  });
});

const BOUNDARY = "between-the-parts";

function partHead(fileName: string): string {
  return `\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n\r\n`;
}

/** An upload that is sent piece by piece. */
interface SlowUpload {
  send(piece: string | Buffer): void;
  /** Ends the form and the request. */
  end(): void;
  /** Breaks off. */
  destroy(): void;
  /** What the server has answered so far. */
  answer(): string;
}

async function openUpload(path: string): Promise<SlowUpload> {
  const { hostname, port } = new URL(test.url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve) => socket.once("connect", resolve));
  let answered = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (answered += chunk.toString()));
  socket.write(
    `POST /api/v1/${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const send = (piece: string | Buffer) => {
    socket.write(`${Buffer.byteLength(piece).toString(16)}\r\n`);
    socket.write(piece);
    socket.write("\r\n");
  };
  return {
    send,
    end() {
      send(`\r\n--${BOUNDARY}--\r\n`);
      socket.write("0\r\n\r\n");
    },
    destroy: () => socket.destroy(),
    answer: () => answered,
  };
}

async function waitFor(isTrue: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("what was waited for did not happen");
}
