import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASE_FILE } from "../src/database/database.ts";
import { linkBundledModels } from "./bundled-models.ts";
import { drawPhoto } from "./api/open-test-library.ts";
import { type KeepsightServer, startServer } from "./keepsight-server.ts";
import { waitUntilDone } from "./kill-import.ts";
import { writeClipTowers } from "./onnx-towers.ts";

const FORMER = "test-former";
const NEXT = "test-next";
const COLOURS = ["red", "green", "blue", "white", "black"];
const COPIES = 3;
/** All of them and one more. */
const PHOTOS = COLOURS.length * COPIES + 1;
const DEADLINE_MS = 120_000;
/** Five servers are started, each with models to load. */
const TEST_TIMEOUT_MS = 300_000;

let root: string;
let server: KeepsightServer | undefined;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-swap-"));
  await mkdir(join(root, "photos"));
  await linkBundledModels(join(root, "data", "models"));
  for (const colour of COLOURS)
    for (let i = 0; i < COPIES; i++)
      await writeFile(join(root, "photos", `p-${colour}-${i}.jpg`), await drawPhoto(colour));
  await writeFile(join(root, "photos", "p-spoiled.jpg"), await drawPhoto("red"));
  writeClipTowers(join(root, "former"), { modelId: FORMER, preference: 1000 });
  writeClipTowers(join(root, "next"), { modelId: NEXT, preference: 2000, turn: 1 });
});
afterAll(async () => {
  await server?.kill();
  await rm(root, { recursive: true, force: true });
});

async function serve(models: readonly string[], onAnalysed = () => {}): Promise<string> {
  server = startServer({
    folders: [join(root, "photos")],
    dataDirectory: join(root, "data"),
    modelDirectories: models.map((name) => join(root, name)),
    analysers: 1,
    onAnalysed,
  });
  return server.url;
}

interface Answer {
  readonly notice?: string | null;
  readonly items: readonly { readonly photo: { readonly fileName: string } }[];
}
const getJson = async <T>(url: string) => (await (await fetch(url)).json()) as T;
const ask = (url: string, text: string, mode = "semantic") =>
  getJson<Answer>(`${url}/api/v1/search?q=${text}&mode=${mode}`);
const namesOf = ({ items }: Answer) => items.map(({ photo }) => photo.fileName);
const changes = async (url: string) =>
  (await getJson<{ changes: { from: string; to: string; photosLeft: number }[] }>(`${url}/api/v1/models`))
    .changes;
const post = async (url: string) => {
  const { ok, status } = await fetch(url, { method: "POST" });
  if (!ok) throw new Error(`${url} answered ${status}`);
};

/** Asks until the answer is as it should be; the last answer is given in any case. */
async function until<T>(look: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  for (const deadline = performance.now() + DEADLINE_MS; ; await sleep(100)) {
    const value = await look();
    if (isRight(value) || performance.now() > deadline) return value;
  }
}

/** Every colour finds its photo first: only a query and photos of one model can do that. */
async function expectRightAnswers(url: string): Promise<void> {
  for (const colour of COLOURS) {
    const names = namesOf(await ask(url, colour));
    const right = names.slice(0, COPIES).filter((name) => name.includes(colour) || name === "p-spoiled.jpg");
    expect(right, colour).toHaveLength(COPIES);
  }
}

function query<T>(sql: string): T[] {
  const database = new DatabaseSync(join(root, "data", DATABASE_FILE), { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row })) as T[];
  } finally {
    database.close();
  }
}
/** Changes a library that nobody serves. */
function write(sql: string): void {
  const database = new DatabaseSync(join(root, "data", DATABASE_FILE), { timeout: 5000 });
  database.exec(sql);
  database.close();
}

const embeddingsByModel = () =>
  query<{ id: string; count: number }>(
    "select model_id as id, count(*) as count from embeddings where owner_kind = 'photo' group by 1 order by 1",
  );

describe("a text-image model that takes another's place", () => {
  it(
    "leaves photos findable by the former until it has seen them all, across kills, and then serves alone",
    async () => {
      let url = await serve(["former"]);
      await waitUntilDone(url, PHOTOS, DEADLINE_MS);
      await expectRightAnswers(url);
      await post(`${url}/api/v1/queues/analyse/pause`);
      await server!.stop();

      // The next model has seen nothing yet: everything is found as before.
      url = await serve(["former", "next"]);
      const begun = await until(
        () => changes(url),
        (found) => found.length > 0,
      );
      expect(begun).toEqual([{ kind: "photo", from: FORMER, to: NEXT, photosLeft: PHOTOS }]);
      await expectRightAnswers(url);
      await server!.stop();

      // It has seen a few when everything is killed: embeddings of both lie side by side. One photo is none any more.
      await writeFile(join(root, "photos", "p-spoiled.jpg"), "no photo");
      write("delete from queue_pauses");
      const { promise: whenThree, resolve } = Promise.withResolvers<void>();
      let analysed = 0;
      await serve(["former", "next"], () => ++analysed === 3 && resolve());
      await whenThree;
      await server!.kill();
      write("insert into queue_pauses (kind, paused_at) values ('analyse', 1)");
      const between = embeddingsByModel();
      expect(between[0]).toEqual({ id: FORMER, count: PHOTOS });
      expect(between[1]).toMatchObject({ id: NEXT });
      expect(query("select model_id as id from serving_models where owner_kind = 'photo'")).toEqual([
        { id: FORMER },
      ]);

      // Without its own text encoder the former cannot be asked, and says so; words still find.
      url = await serve(["next"]);
      const unanswered = await ask(url, "green");
      expect(unanswered.items).toEqual([]);
      expect(unanswered.notice).toContain(`${FORMER}, which knows these photos, is not installed any more`);
      expect(namesOf(await ask(url, "green", "hybrid"))).toEqual(expect.arrayContaining(["p-green-0.jpg"]));
      await server!.stop();

      url = await serve(["former", "next"]);
      await expectRightAnswers(url);
      await post(`${url}/api/v1/queues/analyse/resume`);
      await until(
        async () => embeddingsByModel(),
        ([model]) => model?.id === NEXT,
      );
      await expectRightAnswers(url);
      expect(await changes(url)).toEqual([]);
      expect(embeddingsByModel()).toEqual([{ id: NEXT, count: PHOTOS - 1 }]);
      expect(query("select count(*) as count from photos where status = 'failed'")).toEqual([{ count: 1 }]);
      await server!.stop();
    },
    TEST_TIMEOUT_MS,
  );
});
