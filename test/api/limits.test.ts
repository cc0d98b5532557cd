import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const PASSWORD = "correct horse battery";

const open: TestLibrary[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const test of open.splice(0)) await test.close();
});

async function serve(settings: Readonly<Record<string, string>>): Promise<TestLibrary> {
  const test = await openTestLibrary({ settings, files: {} });
  open.push(test);
  return test;
}

async function ask(test: TestLibrary, path: string, init: RequestInit = {}) {
  const response = await fetch(test.url + path, init);
  return { response, text: await response.text() };
}

/** Sends the beginning of an upload and no more. */
async function beginUpload(test: TestLibrary): Promise<Socket> {
  const { hostname, port } = new URL(test.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.write(
    `POST /api/v1/ingest HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 100000\r\n\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nbegin`,
  );
  return socket;
}

describe("a server with limits", () => {
  it("refuses what comes too often as a problem that says when to come again, but never questions after its health", async () => {
    const test = await serve({ KEEPSIGHT_RATE_LIMIT: "20", KEEPSIGHT_COSTLY_RATE_LIMIT: "3" });
    const costly = async () => {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(await drawPhoto("red"))]), "a.jpg");
      return ask(test, "/api/v1/faces/detect", { method: "POST", body: form });
    };
    for (let i = 0; i < 3; i++) expect((await costly()).response.status).toBe(200);
    expect((await costly()).response.status).toBe(429);
    // What costs little still has its own, larger share.
    for (let i = 4; i < 20; i++) expect((await ask(test, "/api/v1/folders")).response.status).toBe(200);
    const { response, text } = await ask(test, "/api/v1/folders");
    expect(response.status).toBe(429);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(JSON.parse(text)).toMatchObject({ status: 429, code: "rate_limited" });
    for (let i = 0; i < 30; i++) expect((await ask(test, "/health/live")).response.status).toBe(200);
  });

  it("lets nobody guess on: after ten wrong passwords not even the right one is looked at", async () => {
    const test = await serve({ KEEPSIGHT_PASSWORD: PASSWORD });
    const signIn = (password: string) =>
      ask(test, "/api/v1/folders", {
        headers: { authorization: `Basic ${Buffer.from(`ann:${password}`).toString("base64")}` },
      });
    expect((await signIn(PASSWORD)).response.status).toBe(200);
    // A browser asks without a password first; that is no guess.
    for (let i = 0; i < 15; i++) expect((await ask(test, "/api/v1/folders")).response.status).toBe(401);
    for (let i = 0; i < 10; i++) expect((await signIn(`wrong ${i}`)).response.status).toBe(401);
    const { response, text } = await signIn(PASSWORD);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(JSON.parse(text)).toMatchObject({ code: "rate_limited" });
    expect((await ask(test, "/health/live")).response.status).toBe(200);
  });

  it("takes only so many uploads at once, and another when one ends", async () => {
    const test = await serve({ KEEPSIGHT_MAX_UPLOADS: "2" });
    const incoming = () => readdir(join(test.dataDirectory, "uploads", "incoming")).catch(() => []);
    const upload = async () => {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(await drawPhoto("teal"))]), "a.jpg");
      return ask(test, "/api/v1/ingest", { method: "POST", body: form });
    };
    const first = await beginUpload(test);
    await beginUpload(test);
    await expect.poll(async () => (await incoming()).length).toBe(2);
    const { response, text } = await upload();
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBeTruthy();
    expect(JSON.parse(text)).toMatchObject({ code: "rate_limited" });
    first.destroy();
    await expect.poll(async () => (await incoming()).length).toBe(1);
    await expect.poll(async () => (await upload()).response.status).toBeLessThan(300);
  });
});
