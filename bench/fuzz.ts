/**
 * `npm run bench fuzz [REQUESTS] [SEED]`: a real server under requests that no client should send: made from its OpenAPI
 * document by a generator with a seed, 100 MB bodies, uploads that stall, event streams left open. Ends with exit code 1
 * where it answered with an error of its own, gave something away, left a file behind or grew.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readApiDocument } from "../test/api/api-document.ts";
import {
  createFuzzer,
  findLeak,
  type FuzzedRequest,
  type RawAnswer,
  sendRaw,
} from "../test/api/fuzz-requests.ts";
import { drawPhoto, drawWord } from "../test/api/open-test-library.ts";
import { linkBundledModels } from "../test/bundled-models.ts";
import { startServer } from "../test/keepsight-server.ts";

const TOGETHER = 16;
const OPEN_STREAMS = 50;
const SLOW_UPLOADS = 20;
const LARGE_BODIES = 6;
const LARGE_BYTES = 100 * 1024 * 1024;

/** Requests before the first look at the memory: what the first use of everything loads is no leak. */
const WARM_UP = 1500;

/** What a server may have grown by after all of it, bytes: the heap of a garbage collector breathes. */
const ALLOWED_GROWTH = 100 * 1024 * 1024;

/** Longest wait for slow uploads to be cut off, milliseconds. */
const CUT_OFF_MS = 60_000;

export async function run([count = "10000", seed = "1"]: readonly string[]): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "keepsight-fuzz-"));
  const folder = join(root, "photos");
  const dataDirectory = join(root, "data");
  await mkdir(folder);
  await linkBundledModels(join(dataDirectory, "models"));
  await writeFile(join(folder, "exit.png"), await drawWord("EXIT"));
  for (const colour of ["red", "green", "blue"])
    await writeFile(join(folder, `${colour}.jpg`), await drawPhoto(colour));
  const before = await digestFolder(folder);
  const server = startServer({ folders: [folder], dataDirectory, analysers: 1 });
  const faults: string[] = [];
  try {
    const url = await server.url;
    const next = createFuzzer(await readApiDocument(url), Number(seed), await drawPhoto("orange"));
    const streams = await Promise.all(Array.from({ length: OPEN_STREAMS }, () => openStream(url)));
    const started = performance.now();
    const statuses = new Map<number, number>();
    let rssBefore = 0;
    let rssMiddle = 0;
    for (let sent = 0; sent < Number(count); sent += TOGETHER) {
      if (rssBefore === 0 && sent >= WARM_UP) rssBefore = await readRss(server.pid);
      if (rssMiddle === 0 && sent >= Number(count) / 2) rssMiddle = await readRss(server.pid);
      const requests = Array.from({ length: TOGETHER }, next);
      const answers = await Promise.all(requests.map((request) => sendRaw(url, request)));
      for (const [i, answer] of answers.entries()) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const fault = describeFault(requests[i]!, answer, dataDirectory);
        if (fault !== undefined) faults.push(fault);
      }
    }
    const rssEnd = await readRss(server.pid);
    const seconds = (performance.now() - started) / 1000;
    print(
      "statuses",
      [...statuses]
        .toSorted(([a], [b]) => a - b)
        .map(([status, n]) => `${status || "closed"}: ${n}`)
        .join(", "),
    );
    print(
      "requests",
      `${count} in ${seconds.toFixed(0)} s, ${(Number(count) / seconds).toFixed(0)} a second`,
    );
    print(
      "large bodies",
      `${LARGE_BODIES} of ${LARGE_BYTES / 1024 / 1024} MB: ${(await sendLargeBodies(url)).join(", ")}`,
    );
    const cut = await waitForCutOff(url);
    print("slow uploads", `${SLOW_UPLOADS}, cut off: ${cut}`);
    if (cut < SLOW_UPLOADS) faults.push(`only ${cut} of ${SLOW_UPLOADS} slow uploads were cut off`);
    for (const stream of streams) stream.destroy();
    const rssAfter = await readRss(server.pid);
    print(
      "resident memory",
      `${toMegabytes(rssBefore)} after ${WARM_UP} requests, ${toMegabytes(rssMiddle)} after half, ${toMegabytes(rssEnd)} after all, ${toMegabytes(rssAfter)} after large and slow ones`,
    );
    const growth = rssAfter - rssBefore;
    if (growth > ALLOWED_GROWTH) faults.push(`the server grew by ${toMegabytes(growth)}`);
    const ready = (await fetch(`${url}/health/ready`)).status;
    if (ready !== 200) faults.push(`the server is not ready: ${ready}`);
    const left = await waitUntilEmpty(join(dataDirectory, "uploads", "incoming"));
    if (left.length > 0) faults.push(`temporary files were left: ${left.join(", ")}`);
  } finally {
    await server.stop();
  }
  if ((await readdir(root)).toSorted().join() !== "data,photos")
    faults.push("a file was written outside the data directory");
  if ((await digestFolder(folder)) !== before) faults.push("an original was changed");
  await rm(root, { recursive: true, force: true });
  print("faults", faults.length === 0 ? "none" : String(faults.length));
  for (const fault of faults.slice(0, 40)) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

function describeFault(
  { kind, method, target, body }: FuzzedRequest,
  answer: RawAnswer,
  dataDirectory: string,
): string | undefined {
  const leak = findLeak(answer, [dataDirectory]);
  if (answer.status < 500 && leak === undefined) return undefined;
  const sent = body?.toString("latin1").slice(0, 200) ?? "";
  return `${kind}: ${method} ${target.slice(0, 200)} ${sent}\n  ${leak ?? answer.status}: ${answer.text.split("\r\n\r\n")[1]?.slice(0, 300) ?? ""}`;
}

async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Somebody who listens and never reads. */
async function openStream(url: string): Promise<Socket> {
  const socket = await openSocket(url);
  socket.write("GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
  socket.pause();
  return socket;
}

/** JSON and forms that are far too large, with their length said before and without; gives the statuses. */
async function sendLargeBodies(url: string): Promise<number[]> {
  const statuses: number[] = [];
  const piece = Buffer.alloc(1024 * 1024, "x");
  for (let i = 0; i < LARGE_BODIES; i++) {
    const socket = await openSocket(url);
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const isForm = i % 2 === 1;
    const type = isForm ? "multipart/form-data; boundary=x" : "application/json";
    const isChunked = i % 3 === 0;
    const length = isChunked ? "transfer-encoding: chunked" : `content-length: ${LARGE_BYTES}`;
    const path = isForm ? "/api/v1/ingest" : "/api/v1/faces/cluster";
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: ${type}\r\n${length}\r\n\r\n`,
    );
    for (let sent = 0; sent < LARGE_BYTES && !socket.destroyed && socket.writable; sent += piece.length) {
      if (isChunked) socket.write(`${piece.length.toString(16)}\r\n`);
      const isTaken = socket.write(piece);
      if (isChunked) socket.write("\r\n");
      if (!isTaken) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
      if (answer !== "") break;
    }
    socket.end();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 5000))]);
    socket.destroy();
    statuses.push(Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1] ?? 0));
  }
  return statuses;
}

/** Begins uploads that never go on; gives how many of them the server ended. */
async function waitForCutOff(url: string): Promise<number> {
  let ended = 0;
  const sockets = await Promise.all(Array.from({ length: SLOW_UPLOADS }, () => openSocket(url)));
  const all = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.resume();
        socket.once("close", () => {
          ended++;
          resolve();
        });
        socket.write(
          'POST /api/v1/ingest HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nbegin',
        );
      }),
  );
  await Promise.race([Promise.all(all), new Promise((resolve) => setTimeout(resolve, CUT_OFF_MS).unref())]);
  const result = ended;
  for (const socket of sockets) socket.destroy();
  return result;
}

/** What is still in a folder some seconds after the last upload ended. */
async function waitUntilEmpty(path: string): Promise<readonly string[]> {
  for (let look = 0; ; look++) {
    const left = await readdir(path).catch(() => []);
    if (left.length === 0 || look === 100) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function readRss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function digestFolder(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(path)).toSorted())
    hash.update(name).update(await readFile(join(path, name)));
  return hash.digest("hex");
}

function print(what: string, value: string): void {
  console.log(`${what.padEnd(18)}${value}`);
}

function toMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
