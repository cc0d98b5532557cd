import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { bcubedAgreement } from "../../src/rank/clustering-metrics.ts";
import { startServer } from "../../test/keepsight-server.ts";
import { waitUntilDone } from "../../test/kill-import.ts";
import { sharedPath } from "../../test/shared-files.ts";

const PHOTOS = "photos/people/ten-identities/images";
const PHOTO_COUNT = 100;
const DEADLINE_MS = 20 * 60_000;

/** What the server made of the photos. */
export interface NamedIdentities {
  /** The recogniser. */
  readonly model: string;
  /** Faces found, bystanders included, and photos with one. */
  readonly faces: number;
  readonly mainFaces: number;
  /** B-cubed F of the clusters over the main face of each photo, and of the persons in the end. */
  readonly clustered: number;
  readonly named: number;
  /** Main faces that are nobody's or somebody else's, in words. */
  readonly misses: readonly string[];
}

interface MainFace {
  readonly id: number;
  readonly identity: string;
  readonly path: string;
  readonly quality: number;
  readonly clusterId: string | null;
  readonly personId: string | null;
  readonly personName: string | null;
}

/**
 * Imports the photos of ten people into a new library by a real server, waits until it has grouped the faces, names each
 * cluster by the identity of most main faces in it, and lets the rest be recognised. `local`: with the weights of
 * `../shared/models`; `npm`: only with those that npm brings.
 */
export async function nameTenIdentities(tier: "local" | "npm"): Promise<NamedIdentities> {
  const directory = await mkdtemp(join(tmpdir(), "keepsight-people-"));
  delete process.env["KEEPSIGHT_MODELS_DIR"];
  const server = startServer({
    folders: [sharedPath(PHOTOS)],
    dataDirectory: directory,
    modelDirectories: tier === "local" ? [sharedPath("models")] : [],
  });
  try {
    const url = await server.url;
    const settle = () => waitUntilDone(url, PHOTO_COUNT, DEADLINE_MS);
    await settle();
    const before = readMainFaces(directory);
    for (const [clusterId, faces] of Map.groupBy(before, (face) => face.clusterId)) {
      if (clusterId === null) continue;
      await post(`${url}/api/v1/faces/clusters/${clusterId}/label`, { name: mostFrequent(faces) });
    }
    await post(`${url}/api/v1/faces/assign-matches`, {});
    await settle();
    const after = readMainFaces(directory);
    const { model, faces } = readTotals(directory);
    return {
      model,
      faces,
      mainFaces: after.length,
      clustered: agreement(before, ({ clusterId }) => clusterId),
      named: agreement(after, ({ personId }) => personId),
      misses: after.flatMap(({ path, identity, personName, quality, clusterId }) =>
        personName === identity
          ? []
          : [
              `${path}: ${personName ?? "nobody"}, quality ${quality.toFixed(2)}, ${clusterId ?? "in no cluster"}`,
            ],
      ),
    };
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

function mostFrequent(faces: readonly MainFace[]): string {
  const groups = [...Map.groupBy(faces, ({ identity }) => identity)];
  return groups.toSorted((a, b) => b[1].length - a[1].length)[0]![0];
}

/** B-cubed F; faces without a group are groups of their own. */
function agreement(faces: readonly MainFace[], groupOf: (face: MainFace) => string | null): number {
  const numbers = new Map<string, number>();
  const numberOf = (name: string) => numbers.get(name) ?? numbers.set(name, numbers.size).get(name)!;
  return bcubedAgreement(
    faces.map(({ identity }) => numberOf(`identity ${identity}`)),
    faces.map((face) => {
      const group = groupOf(face);
      return group === null ? -1 : numberOf(group);
    }),
  ).f1;
}

/** The most central face of each photo: bystanders can be larger than the person portrayed. */
function readMainFaces(directory: string): readonly MainFace[] {
  const database = new DatabaseSync(join(directory, "library.db"), { readOnly: true });
  const rows = database
    .prepare(
      `select faces.id, path, quality, cluster_id as clusterId, person_id as personId, persons.name as personName,
         row_number() over (partition by photo_id
           order by (x + faces.width / 2 - .5) * (x + faces.width / 2 - .5) + (y + faces.height / 2 - .5) * (y + faces.height / 2 - .5)) as place
       from faces join photos on photos.id = photo_id left join persons on persons.id = person_id`,
    )
    .all() as unknown as (Omit<MainFace, "identity"> & { place: number })[];
  database.close();
  return rows
    .filter(({ place }) => place === 1)
    .map((row) => ({ ...row, path: row.path.split("/").at(-1)!, identity: row.path.split("/").at(-2)! }));
}

function readTotals(directory: string): { model: string; faces: number } {
  const database = new DatabaseSync(join(directory, "library.db"), { readOnly: true });
  const row = database
    .prepare(
      `select (select count(*) from faces) as faces,
         (select min(model_id) from embeddings where owner_kind = 'face') as model`,
    )
    .get() as { model: string; faces: number };
  database.close();
  return row;
}
