import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary | undefined;

afterEach(async () => {
  await test?.close();
  test = undefined;
});

interface ReceivedEvent {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** A listener to `GET /events` and what it has heard. */
async function listen({ url }: TestLibrary) {
  const response = await fetch(`${url}/api/v1/events`);
  const events: ReceivedEvent[] = [];
  const read = async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const match = /^event: (.+)\ndata: (.+)$/.exec(block);
        if (match !== null) events.push({ name: match[1]!, data: JSON.parse(match[2]!) });
      }
    }
  };
  return { response, events, ended: read() };
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("what was waited for did not happen");
}

/** A connection that has sent one request and may or may not read the answer. */
async function openSocket({ url }: TestLibrary, head: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(`${head}\r\nHost: ${hostname}:${port}\r\n\r\n`);
  return socket;
}

/** Analysers give way to everything else: beside other work they take minutes for what takes seconds alone. */
const BESIDE_OTHERS = 240_000;

describe("GET /events", () => {
  it(
    "tells of photos, progress and the library",
    async () => {
      test = await openTestLibrary({
        files: { "exit.png": await drawWord("EXIT"), "red.jpg": Buffer.from("no picture") },
      });
      const { response, events, ended } = await listen(test);
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      expect(response.headers.get("cache-control")).toBe("no-store");
      const photoId = test.idOf("exit.png");
      await test.library.photos.reprocess(photoId, ["ocr"]);
      await test.library.runner.whenIdle();
      await test.library.photos.hide(test.idOf("red.jpg"), "test");
      await waitFor(() => events.some(({ name }) => name === "library"));
      expect(events.find(({ name }) => name === "library")!.data).toEqual({
        type: "library",
        reason: "photos-removed",
      });
      const told = events.filter(({ name, data }) => name === "photo" && data["photoId"] === photoId);
      expect(told.map(({ data }) => data["status"])).toEqual(
        expect.arrayContaining(["processing_ocr", "completed"]),
      );
      expect(told.at(-1)!.data["status"]).toBe("completed");
      await waitFor(() => events.filter(({ name }) => name === "progress").length > 1);
      const { queues } = events.find(({ name }) => name === "progress")!.data as {
        queues: { kind: string }[];
      };
      expect(queues.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["scan", "analyse", "pull-model", "tidy"]),
      );
      await test.stopServer();
      await ended;
    },
    BESIDE_OTHERS,
  );

  it("serves others while one reads nothing, and lets that one go", async () => {
    test = await openTestLibrary({ files: {} });
    const sleeper = await openSocket(test, "GET /api/v1/events HTTP/1.1");
    sleeper.pause();
    const { events } = await listen(test);
    let isGone = false;
    sleeper.on("close", () => (isGone = true));
    const step = "x".repeat(100_000);
    for (let i = 0; i < 200; i++) {
      test.library.events.publish({ type: "photo", photoId: i, status: step });
      // A reader that is awake gets its turn.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await waitFor(() => events.filter(({ name }) => name === "photo").length === 200);
    sleeper.resume();
    await waitFor(() => isGone);
  });
});

describe("stopping the server", () => {
  it("ends event streams, idle connections and answers that nobody takes", async () => {
    const big = Buffer.alloc(40_000_000, 1);
    test = await openTestLibrary({ files: { "big.jpg": big } });
    const id = test.idOf("big.jpg");
    const { ended } = await listen(test);
    const idle = await openSocket(test, "GET /health/live HTTP/1.1");
    const sleeping = await openSocket(test, `GET /api/v1/photos/${id}/original HTTP/1.1`);
    sleeping.pause();
    await openSocket(
      test,
      "POST /api/v1/search/similar HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99",
    );
    await new Promise((resolve) => idle.once("data", resolve));
    await test.stopServer();
    await ended;
    await expect(fetch(`${test.url}/health/live`)).rejects.toThrow("fetch failed");
  });
});

describe("operation", () => {
  it("is ready until it stops, and says that it stops", async () => {
    test = await openTestLibrary({ files: {} });
    const { url } = test;
    for (const path of ["live", "ready"]) {
      const response = await fetch(`${url}/health/${path}`);
      expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    }
    // An answer under way keeps the server up for a moment in which it says that it leaves.
    const held = await openSocket(
      test,
      "POST /api/v1/search/similar HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 14",
    );
    let answer = "";
    held.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    const stopping = test.stopServer();
    held.write('{"photoId":99}');
    await waitFor(() => answer.includes("\r\n\r\n"));
    expect(answer).toMatch(/^HTTP\/1\.1 (404|503) /);
    await stopping;
  });

  it("is measured for Prometheus", async () => {
    test = await openTestLibrary({ files: { "broken.jpg": Buffer.from("no picture") } });
    await fetch(`${test.url}/api/v1/photos/${test.idOf("broken.jpg")}`);
    await fetch(`${test.url}/api/v1/photos/99999`);
    const response = await fetch(`${test.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/plain");
    for (const line of [
      /keepsight_http_request_seconds_count\{method="GET",route="\/api\/v1\/photos\/:id",status="200"\} 1/,
      /keepsight_http_request_seconds_count\{method="GET",route="\/api\/v1\/photos\/:id",status="404"\} 1/,
      /keepsight_jobs\{kind="analyse",state="failed"\} 1/,
      /^nodejs_eventloop_lag_p99_seconds \d/m,
    ])
      expect(text).toMatch(line);
  });
});
