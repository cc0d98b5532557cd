import { rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { BUNDLED_MODEL_DIRECTORY, linkBundledModels } from "../test/bundled-models.ts";
import { type KeepsightServer, startServer } from "../test/keepsight-server.ts";
import { waitUntilDone } from "../test/kill-import.ts";
import { chooseLocalModels } from "./measure/local-models.ts";
import { readProcessTree } from "./measure/processes.ts";
import { seedPeople } from "./measure/seed-people.ts";

/** What any page of people may take, milliseconds. */
const MAX_PAGE_MS = 50;

const ROUNDS = 15;

/** How often the server is asked for a sign of life while it works, milliseconds. */
const PULSE_MS = 5;

/** A page, and the plainest SQL that gives the rows it shows: what cannot be beaten. */
interface Page {
  readonly name: string;
  readonly path: string;
  readonly sql: string;
}

interface Seeded {
  readonly largest: string;
  readonly typical: string;
  readonly cluster: string;
}

const LIST = "select * from persons where status = 'active' order by search_name limit 50";

function listPages({ largest, typical, cluster }: Seeded): readonly Page[] {
  const facesOf = (id: string) =>
    `select * from faces where person_id = '${id}' order by quality desc, id limit 50`;
  return [
    { name: "persons", path: "persons", sql: LIST },
    { name: "persons, page 30", path: "persons?page=30", sql: `${LIST} offset 1450` },
    {
      name: "persons by name",
      path: "persons?q=han",
      sql: "select * from persons where search_name like 'han%' or search_name like '% han%' limit 50",
    },
    { name: "one person", path: `persons/${typical}`, sql: `select * from persons where id = '${typical}'` },
    {
      name: "the person with most faces",
      path: `persons/${largest}`,
      sql: `select * from persons where id = '${largest}'`,
    },
    { name: "its faces", path: `persons/${largest}/faces`, sql: facesOf(largest) },
    {
      name: "its faces, page 20",
      path: `persons/${largest}/faces?page=20`,
      sql: `${facesOf(largest)} offset 950`,
    },
    {
      name: "its photos",
      path: `persons/${largest}/photos`,
      sql: `select * from photos where id in (select photo_id from faces where person_id = '${largest}') order by taken_day desc limit 50`,
    },
    {
      name: "clusters",
      path: "faces/clusters",
      sql: "select cluster_id, count(*) from faces where cluster_id is not null group by 1 order by 2 desc limit 20",
    },
    {
      name: "clusters, page 50",
      path: "faces/clusters?page=50",
      sql: "select cluster_id, count(*) from faces where cluster_id is not null group by 1 order by 2 desc limit 20 offset 980",
    },
    {
      name: "one cluster",
      path: `faces/clusters/${cluster}`,
      sql: `select * from faces where cluster_id = '${cluster}' order by quality desc, id limit 50`,
    },
    {
      name: "unassigned faces",
      path: "faces/unassigned",
      sql: "select * from faces where person_id is null and is_ignored = 0 and is_removed = 0 order by quality desc, id limit 50",
    },
    {
      name: "unassigned faces, page 200",
      path: "faces/unassigned?page=200",
      sql: "select * from faces where person_id is null and is_ignored = 0 and is_removed = 0 order by quality desc, id limit 50 offset 9950",
    },
    { name: "statistics", path: "faces/stats", sql: "select count(*) from faces" },
    {
      name: "questions",
      path: "persons/suggestions",
      sql: "select person_id, count(*) from faces where state = 'suggested' group by 1 order by 2 desc limit 50",
    },
    {
      name: "questions about one person",
      path: `persons/${typical}/suggestions`,
      sql: `select count(*) from faces where state = 'suggested' and person_id = '${typical}'`,
    },
    { name: "history", path: "history", sql: "select * from decisions order by id desc limit 50" },
    {
      name: "faces in a photo",
      path: "faces/photos/17",
      sql: "select * from faces where photo_id = 17",
    },
  ];
}

/**
 * Times every page about people of a real server beside the plainest SQL for its rows, and what decisions about many faces
 * take, with the longest wait of others meanwhile. Options: `--faces` (100000), `--persons` (2000), `--library` (a folder
 * that was seeded before, or that is kept for the next time).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      faces: { type: "string", default: "100000" },
      persons: { type: "string", default: "2000" },
      library: { type: "string" },
    },
  });
  const directory = await mkdtemp(join(tmpdir(), "keepsight-bench-people-"));
  const tidy = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", tidy);
  try {
    const seeded = values.library ?? join(directory, "seeded");
    await seedOnce(seeded, Number(values.faces), Number(values.persons));
    // Decisions change it, so a copy.
    await mkdir(join(directory, "data"));
    await copyFile(join(seeded, "library.db"), join(directory, "data", "library.db"));
    await linkBundledModels(join(directory, "data", "models"));
    const server = startServer({ folders: [], dataDirectory: join(directory, "data"), analysers: 1 });
    try {
      await measure(server, join(directory, "data", "library.db"));
    } finally {
      await server.stop();
    }
  } finally {
    tidy();
    process.off("exit", tidy);
  }
}

async function seedOnce(directory: string, faces: number, persons: number): Promise<void> {
  const started = performance.now();
  try {
    new DatabaseSync(join(directory, "library.db"), { readOnly: true }).close();
  } catch {
    await seedPeople(directory, { faces, persons }, await chooseLocalModels(BUNDLED_MODEL_DIRECTORY));
    console.log(`seeded in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
}

async function measure(server: KeepsightServer, file: string): Promise<void> {
  const url = `${await server.url}/api/v1`;
  const database = new DatabaseSync(file, { readOnly: true });
  const one = <T>(sql: string) => database.prepare(sql).get() as T;
  const { faces, persons, photos } = one<{ faces: number; persons: number; photos: number }>(
    "select (select count(*) from faces) as faces, (select count(*) from persons) as persons, (select count(*) from photos) as photos",
  );
  const ranked = (offset: number) =>
    one<{ id: string }>(
      `select person_id as id from faces where person_id is not null group by 1 order by count(*) desc limit 1 offset ${offset}`,
    ).id;
  const cluster = one<{ id: string; faces: number }>(
    "select cluster_id as id, count(*) as faces from faces where cluster_id is not null group by 1 order by abs(count(*) - 500), 1 limit 1",
  );
  console.log(
    `people: ${faces} faces in ${photos} photos, ${persons} persons; first, best, median and longest ms of ${ROUNDS}, ${describeLoad()}`,
  );
  const pages = listPages({ largest: ranked(0), typical: ranked(200), cluster: cluster.id });
  for (const page of pages) await reportPage(url, database, page);
  // At first the server was still reading ahead.
  await reportPage(url, database, { ...pages[0]!, name: `${pages[0]!.name}, once more` });
  database.close();
  console.log("decisions: ms, longest wait of another request meanwhile");
  await reportDecisions(server, url, { cluster, largest: ranked2(file, 0), second: ranked2(file, 1) });
  const [main] = readProcessTree(server.pid);
  console.log(`memory of the server process: ${Math.round((main?.residentBytes ?? 0) / 1e6)} MB`);
}

function ranked2(file: string, offset: number): string {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database
    .prepare(
      "select person_id as id from faces where person_id is not null group by 1 order by count(*) desc limit 1 offset ?",
    )
    .get(offset) as { id: string };
  database.close();
  return row.id;
}

async function reportPage(url: string, database: DatabaseSync, { name, path, sql }: Page): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await get(`${url}/${path}`);
    times.push(performance.now() - started);
  }
  const plain = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    database.prepare(sql).all();
    return performance.now() - started;
  });
  const [ours, theirs] = [median(times), median(plain)];
  const verdict = ours <= MAX_PAGE_MS ? "" : `  > ${MAX_PAGE_MS}`;
  const shown = [times[0]!, Math.min(...times), ours, Math.max(...times)]
    .map((ms) => ms.toFixed(1).padStart(7))
    .join(" ");
  console.log(
    `  ${name.padEnd(30)} ${shown}   plain SQL ${theirs.toFixed(2).padStart(6)}, ${(ours / theirs).toFixed(1)} ×${verdict}`,
  );
}

/** Others who use the machine make every answer slower. */
const describeLoad = () => `load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function get(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

interface DecisionSubjects {
  readonly cluster: { readonly id: string; readonly faces: number };
  readonly largest: string;
  readonly second: string;
}

async function reportDecisions(
  server: KeepsightServer,
  url: string,
  { cluster, largest, second }: DecisionSubjects,
): Promise<void> {
  const settle = async () => waitUntilDone(await server.url, 0, 600_000);
  const undo = (decisionId: number) => post(`${url}/history/${decisionId}/undo`, {});
  const named = await report(url, `naming a cluster of ${cluster.faces} faces`, () =>
    post<{ decisionId: number }>(`${url}/faces/clusters/${cluster.id}/label`, { name: "Somebody New" }),
  );
  await report(url, "recognising all others by it, in the background", settle);
  await report(url, "undoing it", () => undo(named.decisionId));
  await settle();
  const merged = await report(url, "merging the two with most faces", () =>
    post<{ decisionId: number; facesMoved: number }>(`${url}/persons/merge`, {
      sourcePersonIds: [second],
      targetPersonId: largest,
    }),
  );
  console.log(`    (${merged.facesMoved} faces)`);
  await settle();
  await report(url, "undoing it", () => undo(merged.decisionId));
  await settle();
  await report(url, "clustering all that are nobody's", () =>
    post(`${url}/faces/cluster`, { method: "auto", maxFaces: 50_000 }),
  );
}

/** Times a piece of work, and how long somebody else waits at most meanwhile. */
async function report<T>(url: string, name: string, work: () => Promise<T>): Promise<T> {
  let isDone = false;
  let longest = 0;
  const pulse = (async () => {
    while (!isDone) {
      const started = performance.now();
      await get(`${url.replace("/api/v1", "")}/health/live`);
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
    }
  })();
  // What fails is told in the end, after the server was stopped.
  pulse.catch(() => {});
  const started = performance.now();
  const result = await work().finally(() => (isDone = true));
  const ms = performance.now() - started;
  await pulse;
  console.log(`  ${name.padEnd(50)} ${ms.toFixed(0).padStart(6)}  ${longest.toFixed(0).padStart(5)}`);
  return result;
}
