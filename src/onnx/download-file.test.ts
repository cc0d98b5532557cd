import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { downloadFile, type DownloadOptions } from "./download-file.ts";

const CONTENT = randomBytes(300_000);
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

let folder: string;
let server: Server;
let ranges: (string | undefined)[];
let url: string;

/** A real server on a free port; `handler` also gets the number of the request, from 1. */
async function serve(handler: Handler): Promise<void> {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    void handler(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`;
}

/** Answers properly, ranges included. */
const wellBehaved: Handler = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const body = CONTENT.subarray(start);
  const contentRange = `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`;
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": body.length,
    ...(start > 0 && { "content-range": contentRange }),
  });
  response.end(body);
};

/** Promises the whole rest and breaks the connection after `bytes` of it. */
function breakOff(bytes: number): Handler {
  return (_request, response) => {
    response.writeHead(200, { "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
}

function download(changes: Partial<DownloadOptions> = {}): Promise<void> {
  return downloadFile({
    addresses: [{ url, headers: {} }],
    destination: join(folder, "models", "model.onnx"),
    byteSize: CONTENT.length,
    sha256: SHA256,
    fetch,
    retryDelayMs: 1,
    idleTimeoutMs: 5_000,
    ...changes,
  });
}

const downloaded = (): Buffer => readFileSync(join(folder, "models", "model.onnx"));
const filesLeft = (): string[] => readdirSync(join(folder, "models"));
const partName = `model.onnx.${SHA256.slice(0, 8)}.part`;

function writePart(bytes: Buffer): void {
  mkdirSync(join(folder, "models"));
  writeFileSync(join(folder, "models", partName), bytes);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "download-file-"));
  ranges = [];
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

describe("downloadFile", () => {
  it("stores the file under its name only, and tells how far it is", async () => {
    await serve(wellBehaved);
    const progress: number[] = [];
    await download({ onProgress: (bytes) => progress.push(bytes) });
    expect(downloaded()).toEqual(CONTENT);
    expect(filesLeft()).toEqual(["model.onnx"]);
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it("continues where the connection broke off", async () => {
    await serve((request, response, count) =>
      (count === 1 ? breakOff(100_000) : wellBehaved)(request, response, count),
    );
    await download();
    expect(downloaded()).toEqual(CONTENT);
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
  });

  it("continues what an earlier, cancelled download has left", async () => {
    await serve((_request, response) => {
      response.writeHead(200, { "content-length": CONTENT.length });
      response.write(CONTENT.subarray(0, 50_000));
    });
    const cancel = new AbortController();
    const cancelled = download({
      signal: cancel.signal,
      onProgress: (bytes) => bytes === 50_000 && cancel.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    expect(filesLeft()).toEqual([partName]);

    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      ranges.push(request.headers.range);
      void wellBehaved(request, response, ranges.length);
    });
    await download();
    expect(downloaded()).toEqual(CONTENT);
    expect(ranges).toEqual([undefined, "bytes=50000-"]);
  });

  it("starts over when the server ignores the range", async () => {
    await serve((_request, response) => response.end(CONTENT));
    writePart(CONTENT.subarray(0, 1000));
    await download();
    expect(ranges).toEqual(["bytes=1000-"]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("trusts Content-Range where a server answers a range with 200", async () => {
    await serve((_request, response) => {
      response.writeHead(200, { "content-range": `bytes 1000-${CONTENT.length - 1}/${CONTENT.length}` });
      response.end(CONTENT.subarray(1000));
    });
    writePart(CONTENT.subarray(0, 1000));
    await download();
    expect(downloaded()).toEqual(CONTENT);
  });

  it("starts over when the server sends another range than asked for", async () => {
    await serve((request, response, count) => {
      if (count > 1) return wellBehaved(request, response, count);
      response.writeHead(206, { "content-range": `bytes 500-${CONTENT.length - 1}/${CONTENT.length}` });
      response.end(CONTENT.subarray(500));
    });
    writePart(CONTENT.subarray(0, 1000));
    await download();
    expect(ranges).toEqual(["bytes=1000-", undefined]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("starts over when the server cannot satisfy the range", async () => {
    await serve((request, response, count) => {
      if (count > 1) return wellBehaved(request, response, count);
      response.writeHead(416).end();
    });
    writePart(CONTENT.subarray(0, 1000));
    await download();
    expect(ranges).toEqual(["bytes=1000-", undefined]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("asks for the rest when the server ends the file too early and calls it whole", async () => {
    await serve((request, response, count) => {
      if (count > 1) return wellBehaved(request, response, count);
      response.writeHead(200, { "content-length": 4000 });
      response.end(CONTENT.subarray(0, 4000));
    });
    await download();
    expect(ranges).toEqual([undefined, "bytes=4000-"]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("gives up an address that never sends the whole file", async () => {
    await serve(breakOff(1000));
    const failure = download();
    await expect(failure).rejects.toMatchObject({ code: "download_failed" });
    await expect(failure).rejects.toThrow(/broke off \(.*\), 5 times/);
    expect(existsSync(join(folder, "models", "model.onnx"))).toBe(false);
  });

  it("refuses a file that is declared too long, before taking any of it", async () => {
    await serve((_request, response) => {
      response.writeHead(200, { "content-length": CONTENT.length + 1 });
      response.write(CONTENT);
    });
    await expect(download()).rejects.toThrow(/has a file of 300001 bytes where 300000 are expected/);
    expect(filesLeft()).toEqual([]);
  });

  it("stops an endless body at the expected size", async () => {
    let sentBytes = 0;
    await serve((_request, response) => {
      const pump = (): void => {
        if (response.destroyed) return;
        sentBytes += 50_000;
        response.write(Buffer.alloc(50_000), () => setImmediate(pump));
      };
      pump();
    });
    await expect(download()).rejects.toThrow(/sends more than the expected 300000 bytes/);
    expect(filesLeft()).toEqual([]);
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it("keeps nothing of a file with other bytes, and names both checksums", async () => {
    const wrong = randomBytes(CONTENT.length);
    await serve((_request, response) => response.end(wrong));
    const actual = createHash("sha256").update(wrong).digest("hex");
    await expect(download()).rejects.toThrow(`sha256 ${actual} where ${SHA256} is expected`);
    expect(filesLeft()).toEqual([]);
  });

  it("leaves an older file in place when the download fails", async () => {
    await serve((_request, response) => response.writeHead(404).end());
    mkdirSync(join(folder, "models"));
    writeFileSync(join(folder, "models", "model.onnx"), "old");
    await expect(download()).rejects.toThrow(/answered 404 Not Found/);
    expect(downloaded().toString()).toBe("old");
    expect(ranges).toHaveLength(1);
  });

  it("replaces a damaged file of the right size", async () => {
    await serve(wellBehaved);
    mkdirSync(join(folder, "models"));
    writeFileSync(join(folder, "models", "model.onnx"), Buffer.alloc(CONTENT.length));
    await download();
    expect(downloaded()).toEqual(CONTENT);
  });

  it("does not let a login page replace what has been collected", async () => {
    await serve((_request, response) => {
      response.writeHead(200, { "content-length": 20 });
      response.end("<html>Log in!</html>");
    });
    writePart(CONTENT.subarray(0, 1000));
    await expect(download()).rejects.toThrow(/has a file of 20 bytes/);
    expect(readFileSync(join(folder, "models", partName))).toEqual(CONTENT.subarray(0, 1000));
  });

  it("judges an address by its own bytes when the kept ones were wrong", async () => {
    await serve(wellBehaved);
    writePart(randomBytes(1000));
    await download();
    expect(ranges).toEqual(["bytes=1000-", undefined]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("tries again when the server is busy", async () => {
    await serve((request, response, count) =>
      count < 3 ? void response.writeHead(503).end() : wellBehaved(request, response, count),
    );
    await download();
    expect(ranges).toHaveLength(3);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("goes on to the next address when one has no such file or cannot be reached", async () => {
    await serve((request, response, count) =>
      request.url === "/gone" ? void response.writeHead(404).end() : wellBehaved(request, response, count),
    );
    const urls = [new URL("/gone", url).href, "http://127.0.0.1:9/model.onnx", url];
    await download({ addresses: urls.map((address) => ({ url: address, headers: {} })) });
    expect(downloaded()).toEqual(CONTENT);
  });

  it("follows redirects, also for the rest of a file", async () => {
    await serve((request, response, count) => {
      if (request.url === "/elsewhere") return wellBehaved(request, response, count);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    writePart(CONTENT.subarray(0, 1000));
    await download();
    expect(ranges).toEqual(["bytes=1000-", "bytes=1000-"]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("gives up waiting for a server that hangs, before or after the first bytes", async () => {
    await serve((request, response, count) => {
      if (count === 1) return;
      if (count > 2) return wellBehaved(request, response, count);
      response.writeHead(200, { "content-length": CONTENT.length });
      response.write(CONTENT.subarray(0, 70_000));
    });
    await download({ idleTimeoutMs: 150 });
    expect(ranges).toEqual([undefined, undefined, "bytes=70000-"]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("is patient with a server that is slow but never silent", async () => {
    await serve(async (_request, response) => {
      response.writeHead(200, { "content-length": CONTENT.length });
      for (let start = 0; start < CONTENT.length; start += 30_000) {
        response.write(CONTENT.subarray(start, start + 30_000));
        await delay(60);
      }
      response.end();
    });
    await download({ idleTimeoutMs: 300 });
    expect(ranges).toEqual([undefined]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("asks nobody for a file whose last byte had arrived when the process died", async () => {
    await serve(wellBehaved);
    writePart(CONTENT);
    await download();
    expect(ranges).toEqual([]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("downloads once for several callers", async () => {
    await serve((request, response, count) =>
      setTimeout(() => void wellBehaved(request, response, count), 50),
    );
    await Promise.all([download(), download(), download()]);
    expect(ranges).toHaveLength(1);
    expect(downloaded()).toEqual(CONTENT);
    expect(filesLeft()).toEqual(["model.onnx"]);
  });

  it("takes over the lock of a process that was killed", async () => {
    await serve(wellBehaved);
    writePart(CONTENT.subarray(0, 1000));
    const lock = join(folder, "models", `${partName}.lock`);
    writeFileSync(lock, "1\n");
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await download();
    expect(downloaded()).toEqual(CONTENT);
    expect(filesLeft()).toEqual(["model.onnx"]);
  });

  it("can be cancelled while another download holds the lock", async () => {
    await serve(wellBehaved);
    writePart(Buffer.alloc(0));
    writeFileSync(join(folder, "models", `${partName}.lock`), "1\n");
    const waiting = download({ signal: AbortSignal.timeout(100) });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(ranges).toEqual([]);
  });

  it("downloads a file of unknown size, resumed, whatever the server tells of the size", async () => {
    await serve((request, response, count) => {
      if (count === 1) return breakOff(100_000)(request, response, count);
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
      response.writeHead(206, { "content-range": `bytes ${start}-${CONTENT.length - 1}/*` });
      response.end(CONTENT.subarray(start));
    });
    await download({ byteSize: undefined });
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("notices that a file of unknown size had arrived when the process died", async () => {
    await serve((_request, response) =>
      response.writeHead(416, { "content-range": `bytes */${CONTENT.length}` }).end(),
    );
    writePart(CONTENT);
    await download({ byteSize: undefined });
    expect(ranges).toEqual([`bytes=${CONTENT.length}-`]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("takes no other bytes for a file of unknown size, and asks nobody for one that is here", async () => {
    await serve((_request, response) => response.end("<html>Log in!</html>"));
    await expect(download({ byteSize: undefined })).rejects.toThrow(/sent a file with sha256/);
    writeFileSync(join(folder, "models", "model.onnx"), CONTENT);
    ranges = [];
    await download({ byteSize: undefined });
    expect(ranges).toEqual([]);
  });

  it("tells a pointer of Git LFS from a damaged file", async () => {
    await serve((_request, response) => {
      response.end(`version https://git-lfs.github.com/spec/v1\noid sha256:${SHA256}\nsize 300000\n`);
    });
    await expect(download({ byteSize: undefined })).rejects.toThrow(/sent Git's pointer to the file/);
    expect(filesLeft()).toEqual([]);
  });

  it("gives headers to the host of the address and to no host that it redirects to", async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      void wellBehaved(request, response, 1);
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    await serve((request, response) => {
      seen.push(request.headers.authorization);
      const { port } = other.address() as AddressInfo;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/bytes` }).end();
    });
    await download({ addresses: [{ url, headers: { authorization: "Bearer secret" } }] });
    other.closeAllConnections();
    other.close();
    expect(seen).toEqual(["Bearer secret", undefined]);
    expect(downloaded()).toEqual(CONTENT);
  });

  it("says which path cannot be written", async () => {
    await serve(wellBehaved);
    writeFileSync(join(folder, "models"), "a file, not a folder");
    await expect(download()).rejects.toThrow(/Cannot write .*model\.onnx/);
  });
});
