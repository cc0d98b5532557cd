import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseLocalModels } from "../bench/measure/local-models.ts";
import { type SeededPeople, seedPeople } from "../bench/measure/seed-people.ts";
import { openDatabase } from "../src/database/database.ts";
import { createPeopleDecisions } from "../src/database/people/people-decisions.ts";
import { createRandom } from "../src/math/random.ts";
import { BUNDLED_MODEL_DIRECTORY, linkBundledModels } from "./bundled-models.ts";
import { startServer } from "./keepsight-server.ts";

const ROUNDS = 10;

/** Decisions between two kills, at most. */
const DECISIONS = 14;

/** A kill in the middle of a decision comes after at most this, milliseconds: about what one takes. */
const MIDDLE_MS = 12;

/** What humans decided, as it stands: what algorithms think comes and goes by itself. */
interface DecidedState {
  readonly persons: unknown[];
  readonly faces: unknown[];
}

/** A decision that the server confirmed. */
interface Acknowledged {
  readonly id: number;
  readonly kind: string;
}

describe("a server that is killed between decisions about people", () => {
  let directory: string;
  let seeded: SeededPeople;
  const random = createRandom(11);
  const acknowledged: Acknowledged[] = [];
  const differences: string[] = [];
  let killedInTheMiddle = 0;

  function query<Row>(sql: string): Row[] {
    const database = new DatabaseSync(join(directory, "library.db"), { readOnly: true });
    try {
      return database.prepare(sql).all() as Row[];
    } finally {
      database.close();
    }
  }

  const readState = (): DecidedState => ({
    persons: query("select * from persons order by id"),
    faces: query(
      `select id, iif(state = 'confirmed', person_id, null) as person, is_ignored, is_removed from faces
       where is_removed = 0 or origin <> 'drawn' order by id`,
    ),
  });
  const lastDecision = () => query<{ id: number }>("select max(id) as id from decisions")[0]!.id;

  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const someFaces = () => Array.from({ length: 3 }, () => 1 + Math.floor(random() * seeded.faceCount));
  let names = 0;

  /** A random action: its path below the API and its body. */
  function drawAction(): readonly [method: string, path: string, body: unknown] {
    const persons = query<{ id: string }>("select id from persons where status in ('active', 'hidden')");
    const person = () => pick(persons).id;
    const ofPerson = (id: string) =>
      query<{ id: number }>(`select id from faces where person_id = '${id}' and state = 'confirmed'`);
    const actions: readonly (() => readonly [string, string, unknown])[] = [
      () => ["POST", "faces/assign", { faceIds: someFaces(), name: `New ${names++}` }],
      () => ["POST", "faces/assign", { faceIds: someFaces(), personId: person() }],
      () => ["POST", "faces/reject", { faceIds: someFaces(), personId: person() }],
      () => ["POST", "faces/ignore", { faceIds: someFaces() }],
      () => ["POST", "faces/restore", { faceIds: someFaces() }],
      () => ["POST", "persons/merge", { sourcePersonIds: [person()], targetPersonId: person() }],
      () => ["PUT", `persons/${person()}`, { isFavourite: random() < 0.5, birthDate: "2001-02-03" }],
      () => ["DELETE", `persons/${person()}`, undefined],
      () => {
        const from = person();
        const faceIds = ofPerson(from).map(({ id }) => id);
        return ["POST", `persons/${from}/split`, { faceIds: faceIds.slice(1), name: `Part ${names++}` }];
      },
      () => [
        "POST",
        `faces/photos/${1 + Math.floor(random() * 50)}`,
        { box: { x: 0.7, y: 0.7, width: 0.1, height: 0.1 }, personId: person() },
      ],
      () => ["POST", `history/${pick(acknowledged)?.id ?? 1}/undo`, undefined],
    ];
    return pick(actions)();
  }

  /** Carries an action out; gives the decisions that the server confirmed, none where it refused. */
  async function act(url: string): Promise<readonly Acknowledged[]> {
    const [method, path, body] = drawAction();
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { decisionId?: number; decisionIds?: number[] };
    if (response.status >= 500) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    if (!response.ok) return [];
    const ids = answer.decisionIds ?? [answer.decisionId!];
    return ids.map((id) => ({ id, kind: `${method} ${path.replace(/[\d-]{3,}|\/\d+/g, "")}` }));
  }

  async function runRound(): Promise<void> {
    const server = startServer({ folders: [], dataDirectory: directory, analysers: 1 });
    try {
      const url = await server.url;
      const count = 1 + Math.floor(random() * DECISIONS);
      for (let i = 0; i < count; i++) acknowledged.push(...(await act(url)));
      const before = { state: readState(), last: lastDecision() };
      if (random() < 0.5) {
        killedInTheMiddle++;
        // Whatever becomes of it, it is whole or not there at all: the replay in the end tells.
        const underWay = act(url).then(
          (done) => void acknowledged.push(...done),
          () => undefined,
        );
        await sleep(random() * MIDDLE_MS);
        await server.kill();
        await underWay;
      } else {
        await server.kill();
        compare(before.state, readState());
      }
      if (lastDecision() < before.last) differences.push(`decision ${before.last} is gone`);
    } finally {
      await server.kill();
    }
  }

  function compare(before: DecidedState, after: DecidedState): void {
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      differences.push(`${JSON.stringify(before)} became ${JSON.stringify(after)}`);
    }
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keepsight-people-kill-"));
    await linkBundledModels(join(directory, "models"));
    seeded = await seedPeople(
      directory,
      { faces: 300, persons: 20 },
      await chooseLocalModels(BUNDLED_MODEL_DIRECTORY),
    );
    for (let round = 0; round < ROUNDS; round++) await runRound();
  }, 300_000);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("was killed often enough, and in the middle of decisions too", () => {
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 2);
    expect(killedInTheMiddle).toBeGreaterThan(1);
    expect(new Set(acknowledged.map(({ kind }) => kind)).size).toBeGreaterThan(5);
  });

  it("loses no decision that it acknowledged, and no effect of one", () => {
    expect(differences).toEqual([]);
    const kept = new Set(query<{ id: number }>("select id from decisions").map(({ id }) => id));
    expect(acknowledged.filter(({ id }) => !kept.has(id))).toEqual([]);
  });

  it("makes the same of its history alone", async () => {
    const before = readState();
    const database = await openDatabase({ directory });
    try {
      await createPeopleDecisions({ database, onPhotosChanged: async () => {} }).replay();
    } finally {
      await database.close();
    }
    expect(readState()).toEqual(before);
  });
});
