import { request as send } from "node:http";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const PASSWORD = "correct: horse ä battery";
const API_KEY = "0123456789abcdef-key";

const open: TestLibrary[] = [];

async function serve(settings: Readonly<Record<string, string>> = {}): Promise<TestLibrary> {
  const test = await openTestLibrary({ settings, files: {} });
  open.push(test);
  return test;
}

afterEach(async () => {
  for (const test of open.splice(0)) await test.close();
});

afterAll(() => expect(open).toHaveLength(0));

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status and headers of an answer; unlike `fetch` this may name any host and origin. */
function ask(test: TestLibrary, { path = "/api/v1/stats", method = "GET", headers = {} }: Asked = {}) {
  const { port } = new URL(test.url);
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      const request = send({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      });
      request.on("error", reject);
      request.end();
    },
  );
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("a server on loopback", () => {
  it("needs no password and answers to its own names only", async () => {
    const test = await serve();
    const { port } = new URL(test.url);
    for (const host of ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "LOCALHOST"]) {
      expect((await ask(test, { headers: { host: `${host}:${port}` } })).status, host).toBe(200);
      expect((await ask(test, { headers: { host } })).status, host).toBe(200);
    }
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "192.168.1.7",
    ]) {
      const { status, text } = await ask(test, { headers: { host } });
      expect(status, host).toBe(403);
      expect(JSON.parse(text)).toMatchObject({ code: "forbidden" });
    }
  });

  it("refuses what pages of other sites send", async () => {
    const test = await serve();
    const host = new URL(test.url).host;
    const post = (headers: Record<string, string>) =>
      ask(test, { path: "/api/v1/queues/analyse/resume", method: "POST", headers: { host, ...headers } });
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:1" },
      { "sec-fetch-site": "cross-site", origin: `http://${host}` },
    ]) {
      const { status, text } = await post(headers as Record<string, string>);
      expect(status, JSON.stringify(headers)).toBe(403);
      expect(JSON.parse(text)).toMatchObject({ code: "forbidden" });
    }
    for (const headers of [
      {},
      { origin: `http://${host}` },
      { "sec-fetch-site": "same-origin", origin: `http://${host}` },
      { "sec-fetch-site": "none" },
    ])
      expect((await post(headers as Record<string, string>)).status, JSON.stringify(headers)).toBe(204);
    // Looking is no change; what a page elsewhere may read of it is up to the browser.
    expect((await ask(test, { headers: { host, "sec-fetch-site": "cross-site" } })).status).toBe(200);
  });

  it("lets no other site show its photos or frame its pages", async () => {
    const { headers } = await ask(await serve(), { path: "/" });
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("a server with a password", () => {
  it("lets in whoever gives it, under any user name and any name of the computer", async () => {
    const test = await serve({ KEEPSIGHT_HOST: "0.0.0.0", KEEPSIGHT_PASSWORD: PASSWORD });
    for (const host of ["photos.example", "192.168.1.7:4280", "localhost"]) {
      expect((await ask(test, { headers: { host, ...basic("ann", PASSWORD) } })).status, host).toBe(200);
    }
    expect((await ask(test, { headers: basic("", PASSWORD) })).status).toBe(200);
    const post = (origin: string) =>
      ask(test, {
        path: "/api/v1/queues/analyse/resume",
        method: "POST",
        headers: { host: "photos.example", origin, ...basic("ann", PASSWORD) },
      });
    expect((await post("https://photos.example")).status).toBe(204);
    expect((await post("https://evil.example")).status).toBe(403);
  });

  it.each([
    ["nothing", {}],
    ["another password", basic("ann", `${PASSWORD}x`)],
    ["an empty password", basic("ann", "")],
    ["the password as a key", { authorization: `Bearer ${PASSWORD}` }],
    ["no credentials", { authorization: "Basic" }],
    ["what is no base64", { authorization: "Basic %%%" }],
    ["another scheme", { authorization: `Digest ${PASSWORD}` }],
  ] as const)("refuses %s and asks to sign in", async (_what, headers) => {
    const test = await serve({ KEEPSIGHT_PASSWORD: PASSWORD });
    for (const path of [
      "/api/v1/stats",
      "/",
      "/docs/",
      "/openapi.json",
      "/metrics",
      "/api/v1/events",
      "/nothing",
    ]) {
      const answer = await ask(test, { path, headers });
      expect(answer.status, path).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Basic realm="Keepsight"/);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "unauthorized" });
    }
  });

  it("tells a supervisor without it whether it lives", async () => {
    const test = await serve({ KEEPSIGHT_PASSWORD: PASSWORD });
    for (const path of ["/health/live", "/health/ready"])
      expect(await ask(test, { path })).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    for (const path of ["/health/live/../../api/v1/stats", "/health/live%2f..", "//health/live"])
      expect((await ask(test, { path })).status, path).toBe(401);
  });
});

describe("a server with an API key", () => {
  it("lets in programs that give it", async () => {
    const test = await serve({ KEEPSIGHT_API_KEY: API_KEY });
    expect((await ask(test, { headers: { authorization: `Bearer ${API_KEY}` } })).status).toBe(200);
    expect((await ask(test, { headers: { authorization: `bearer ${API_KEY}` } })).status).toBe(200);
    for (const headers of [
      {},
      { authorization: "Bearer " },
      { authorization: "Bearer wrong" },
      basic("ann", API_KEY),
    ])
      expect((await ask(test, { headers })).status).toBe(401);
  });
});
