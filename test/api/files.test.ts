import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Download } from "../../src/api/downloads.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
let original: Buffer;

beforeAll(async () => {
  original = await drawPhoto("orange", { takenAt: "2020:01:02 03:04:05" });
  test = await openTestLibrary({
    files: {
      "plain.jpg": original,
      "gone.jpg": await drawPhoto("black"),
      "so 'called' \"ä\".jpg": await drawPhoto("white"),
      "page.jpg": Buffer.from("<html><script>alert(1)</script></html>"),
      "broken.jpg": original.subarray(0, 200),
    },
  });
});

afterAll(() => test.close());

const addressOf = (fileName: string, file: string) =>
  `${test.url}/api/v1/photos/${test.idOf(fileName)}/${file}`;

async function get(address: string, headers: Record<string, string> = {}, method = "GET") {
  const response = await fetch(address, { headers, method });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** One answer to a request line sent as it is, since clients tidy addresses up. */
async function getRaw(target: string): Promise<string> {
  const { hostname, port } = new URL(test.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe("GET /photos/{id}/thumbnail and /preview", () => {
  it.each(["thumbnail", "preview"])("gives the %s as a JPEG", async (kind) => {
    const { status, headers, bytes } = await get(addressOf("plain.jpg", kind));
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("image/jpeg");
    expect(headers.get("content-length")).toBe(String(bytes.length));
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(bytes.subarray(0, 3).toString("hex")).toBe("ffd8ff");
  });

  it("may be kept for ever only under the version that the photo has now", async () => {
    const { version } = (await (await fetch(addressOf("plain.jpg", "").slice(0, -1))).json()) as {
      version: number;
    };
    const cacheControl = async (query: string) =>
      (await get(addressOf("plain.jpg", `thumbnail${query}`))).headers.get("cache-control");
    expect(await cacheControl(`?v=${version}`)).toBe("private, max-age=31536000, immutable");
    for (const query of ["", `?v=${version + 1}`, "?v=0"])
      expect(await cacheControl(query)).toBe("private, no-cache");
  });

  it("says that it has not been made, and why", async () => {
    const { status, headers, bytes } = await get(addressOf("broken.jpg", "preview?v=1"));
    expect(status).toBe(404);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(headers.get("cache-control") ?? "").not.toContain("immutable");
    expect(JSON.parse(bytes.toString())).toMatchObject({ code: "not_found", detail: /failed/ });
  });
});

describe("conditional requests", () => {
  it("answer 304 without a body while the file is the same", async () => {
    const first = await get(addressOf("plain.jpg", "preview"));
    const etag = first.headers.get("etag")!;
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await get(addressOf("plain.jpg", "preview"), { "if-none-match": given });
      expect(again.status, given).toBe(304);
      expect(again.bytes).toHaveLength(0);
      expect(again.headers.get("etag")).toBe(etag);
    }
    expect((await get(addressOf("plain.jpg", "preview"), { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("send the whole file when a part of another version is asked for", async () => {
    const etag = (await get(addressOf("plain.jpg", "original"))).headers.get("etag")!;
    const ask = (ifRange: string) =>
      get(addressOf("plain.jpg", "original"), { range: "bytes=0-9", "if-range": ifRange });
    expect((await ask(etag)).status).toBe(206);
    expect((await ask('"older"')).status).toBe(200);
  });
});

describe("ranges", () => {
  it.each([
    ["bytes=0-9", 0, 9],
    ["bytes=100-", 100, undefined],
    ["bytes=-7", -7, undefined],
    ["bytes=5-999999999", 5, undefined],
    ["bytes=-999999999", 0, undefined],
  ])("%s gives that part", async (range, start, last) => {
    const { status, headers, bytes } = await get(addressOf("plain.jpg", "original"), { range });
    expect(status).toBe(206);
    expect(bytes).toEqual(original.subarray(start, last === undefined ? undefined : last + 1));
    const first = start < 0 ? original.length + start : start;
    expect(headers.get("content-range")).toBe(
      `bytes ${first}-${first + bytes.length - 1}/${original.length}`,
    );
    expect(headers.get("content-length")).toBe(String(bytes.length));
  });

  it.each(["bytes=999999999-", "bytes=-0"])("%s is beyond the file", async (range) => {
    const { status, headers } = await get(addressOf("plain.jpg", "original"), { range });
    expect(status).toBe(416);
    expect(headers.get("content-range")).toBe(`bytes */${original.length}`);
  });

  it.each([
    "bytes=0-1,5-6",
    "lines=1-2",
    "bytes=9-1",
    "bytes=-",
    "bytes=a-b",
    "bytes=99999999999999999999-1",
  ])("%s is ignored", async (range) => {
    const { status, bytes } = await get(addressOf("plain.jpg", "original"), { range });
    expect(status).toBe(range.startsWith("bytes=9999") ? 416 : 200);
    if (status === 200) expect(bytes).toEqual(original);
  });

  it("are told of by HEAD, which sends nothing", async () => {
    const { status, headers, bytes } = await get(addressOf("plain.jpg", "original"), {}, "HEAD");
    expect(status).toBe(200);
    expect(bytes).toHaveLength(0);
    expect(headers.get("content-length")).toBe(String(original.length));
    expect(headers.get("accept-ranges")).toBe("bytes");
  });
});

describe("GET /photos/{id}/original", () => {
  it("gives the file's own bytes in a sandbox, under its own name", async () => {
    const { headers, bytes } = await get(addressOf("plain.jpg", "original"));
    expect(bytes).toEqual(original);
    expect(headers.get("content-type")).toBe("image/jpeg");
    expect(headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    const odd = await get(addressOf("so 'called' \"ä\".jpg", "original"));
    expect(odd.headers.get("content-disposition")).toBe(
      "inline; filename*=UTF-8''so%20%27called%27%20%22%C3%A4%22.jpg",
    );
  });

  it("never lets a file that is no photo run as a page", async () => {
    const { headers } = await get(addressOf("page.jpg", "original"));
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("sandbox");
  });

  it("says where the file was when it is gone or cannot be read", async () => {
    const path = join(test.folder, "gone.jpg");
    await rm(path);
    const gone = await get(addressOf("gone.jpg", "original"));
    expect(gone.status).toBe(404);
    expect(JSON.parse(gone.bytes.toString())).toMatchObject({
      code: "not_found",
      detail: expect.stringContaining(path),
    });
    await mkdir(path);
    const folder = await get(addressOf("gone.jpg", "original"));
    expect(folder.status).toBe(404);
    expect(JSON.parse(folder.bytes.toString())).toMatchObject({ code: "file_unreadable" });
  });
});

describe("POST /downloads", () => {
  const prepare = async (photoIds: readonly number[]) => {
    const response = await fetch(`${test.url}/api/v1/downloads`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ photoIds }),
    });
    return { status: response.status, answer: (await response.json()) as Download & { detail: string } };
  };
  const fetchArchive = (id: string, method = "GET") => get(`${test.url}/api/v1/downloads/${id}`, {}, method);
  const twin = async () => {
    const names = ["twin.jpg", "TWIN.jpg", "../../out\\of/it.jpg"];
    const add = (fileName: string) =>
      test.library.uploads.add(Readable.from([Buffer.concat([original, Buffer.from(fileName)])]), {
        fileName,
        tags: [],
        skipDuplicates: false,
        withoutSteps: ["objects", "embeddings", "tags", "ocr", "faces"],
      });
    return Promise.all(names.map(async (name) => (await add(name)).photoId));
  };

  it("makes an archive of the originals as they are, as long as it says", async () => {
    const { status, answer } = await prepare([test.idOf("plain.jpg"), test.idOf("page.jpg")]);
    expect(status).toBe(201);
    expect(answer).toMatchObject({ fileCount: 2, missingCount: 0, missing: [] });
    const { headers, bytes } = await fetchArchive(answer.id);
    expect(headers.get("content-type")).toBe("application/zip");
    expect(headers.get("content-disposition")).toBe('attachment; filename="keepsight-2-photos.zip"');
    expect(headers.get("content-length")).toBe(String(answer.byteSize));
    expect(bytes.length).toBe(answer.byteSize);
    expect(namesIn(bytes)).toEqual(["plain.jpg", "page.jpg"]);
    expect(bytes.includes(original)).toBe(true);
    const head = await fetchArchive(answer.id, "HEAD");
    expect(head.headers.get("content-length")).toBe(String(answer.byteSize));
  });

  it("gives every file a name of its own, none of which leads out of a folder", async () => {
    const { answer } = await prepare(await twin());
    const names = namesIn((await fetchArchive(answer.id)).bytes);
    expect(names.slice(0, 2)).toEqual(["twin.jpg", "TWIN (2).jpg"]);
    expect(names[2]).toMatch(/^[^/\\]*it\.jpg$/);
  });

  it("says which originals are not there, beforehand and in the archive", async () => {
    const gone = test.idOf("broken.jpg");
    const { path } = await test.library.photos.get(gone);
    await rm(path);
    const { answer } = await prepare([test.idOf("plain.jpg"), gone, 999_999]);
    expect(answer).toMatchObject({ fileCount: 1, missingCount: 2 });
    expect(answer.missing).toEqual([
      { photoId: gone, fileName: "broken.jpg", reason: expect.stringContaining(path) },
      { photoId: 999_999, fileName: null, reason: expect.stringContaining("999999") },
    ]);
    const { bytes } = await fetchArchive(answer.id);
    expect(namesIn(bytes)).toEqual(["plain.jpg", "Not in this archive.txt"]);
    expect(bytes.includes(`broken.jpg: The original is not at ${path}`)).toBe(true);
    expect(bytes.length).toBe(answer.byteSize);
  });

  it("refuses when there is nothing to give", async () => {
    expect(await prepare([999_999])).toMatchObject({ status: 404, answer: { code: "not_found" } });
    const unknown = await fetchArchive("0b9c6a3e-1111-4222-8333-444455556666");
    expect(unknown.status).toBe(404);
  });

  it("never gives what was taken out of the library", async () => {
    const [hidden = 0] = await twin();
    await test.library.photos.hide(hidden, "test");
    const { answer } = await prepare([hidden, test.idOf("plain.jpg")]);
    expect(answer).toMatchObject({ fileCount: 1, missing: [{ photoId: hidden, fileName: null }] });
  });
});

/** Names of the files in an archive, from its directory. */
function namesIn(archive: Buffer): string[] {
  const end = archive.lastIndexOf(Buffer.from("PK\u0005\u0006"));
  const names: string[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let i = archive.readUInt16LE(end + 10); i > 0; i--) {
    const [name, extra, comment] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place));
    names.push(archive.toString("utf8", at + 46, at + 46 + name!));
    at += 46 + name! + extra! + comment!;
  }
  return names;
}

describe("the file system", () => {
  it.each([
    "/../package.json",
    "/..%2f..%2fpackage.json",
    "/assets/../../../../package.json",
    "/assets/%2e%2e/%2e%2e/package.json",
    "/assets/..%5c..%5cpackage.json",
    "//etc/passwd",
    "/api/v1/photos/..%2f..%2f..%2fetc%2fpasswd/original",
    "/api/v1/photos/1/thumbnail/../../../../../../etc/passwd",
    "/docs/static/../../../../package.json",
    "/docs/static/..%2f..%2fpackage.json",
    "/%00",
  ])("shows nothing of itself at %s", async (target) => {
    const answer = await getRaw(target);
    expect(answer).not.toMatch(/"name": "keepsight"|root:/);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404|301|302|200) /);
    if (answer.startsWith("HTTP/1.1 200")) expect(answer).toContain("<!doctype html>");
  });
});
