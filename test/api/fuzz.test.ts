import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readApiDocument, type ApiDocument } from "./api-document.ts";
import { createFuzzer, findLeak, sendRaw } from "./fuzz-requests.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

/** Requests of this test, and how many of them are sent together; `npm run bench fuzz` sends 10,000. */
const REQUESTS = 600;
const TOGETHER = 12;

/** The same requests each time: what this finds can be looked into. */
const SEED = 20_261_120;

let test: TestLibrary;
let api: ApiDocument;

beforeAll(async () => {
  test = await openTestLibrary();
  api = await readApiDocument(test.url);
});
afterAll(() => test.close());

describe("the API", () => {
  it(`answers ${REQUESTS} senseless requests without an error of its own, gives nothing away and leaves nothing behind`, async () => {
    const next = createFuzzer(api, SEED, await drawPhoto("orange"));
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    for (let sent = 0; sent < REQUESTS; sent += TOGETHER) {
      const requests = Array.from({ length: TOGETHER }, next);
      const answers = await Promise.all(requests.map((request) => sendRaw(test.url, request)));
      for (const [i, answer] of answers.entries()) {
        const { method, target, body } = requests[i]!;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const leak = findLeak(answer, [test.dataDirectory]);
        if (answer.status < 500 && leak === undefined) continue;
        faults.push(
          `${method} ${target.slice(0, 200)} ${body?.toString("latin1").slice(0, 300) ?? ""}: ${leak ?? ""} ${answer.text.slice(0, 600)}`,
        );
      }
    }
    expect(faults).toEqual([]);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404]));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    await test.library.runner.whenIdle();
    expect(await readdir(join(test.dataDirectory, "uploads", "incoming")).catch(() => [])).toEqual([]);
    expect((await readdir(dirname(test.dataDirectory))).toSorted()).toEqual(["data", "photos"]);
    expect((await fetch(`${test.url}/health/ready`)).status).toBe(200);
  });
});
