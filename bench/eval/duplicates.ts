import { globSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { extractFeatures } from "../../src/duplicate/local-features.ts";
import { CopyIndex } from "../../src/duplicate/copy-index.ts";
import { shrinkToFit } from "../../src/image/resize.ts";
import { hasShared, sharedPath } from "../../test/shared-files.ts";
import { measureCpu } from "../measure/cpu-time.ts";
import { PHOTO_EDITS } from "../../test/photo-edits.ts";
import { type Picture, readPicture } from "../../test/read-picture.ts";
import { verifyCandidate } from "../../test/verify-candidate.ts";
import { createRandom } from "../../src/math/random.ts";
import {
  type DuplicateLibrary,
  type FoundGroup,
  openDuplicateLibrary,
} from "../../test/duplicate-library.ts";
import { composeNeighbour, dot, walkEmbeddings } from "../measure/near-neighbours.ts";

/** Scenes that are edited; all others and the photos of places are there to be mistaken for them. */
const EDITED_SCENES = 40;

/** Nearly the same pictures, and nearly the same embeddings, that are all different photos. */
const NEIGHBOURS = 20_000;
const CHAIN = 100;

/** Longer side of these pictures, pixels: half as many as thumbnails have, and half the time. */
const NEIGHBOUR_SIDE = 280;
const NEAR = 0.99;

/** What the published distance of the hash finds by itself, as it is and in eight orientations, is printed beside ours. */
interface Score {
  found: number;
  byHash: number;
  wrong: number;
}

/**
 * Makes 41 kinds of copies of each scene and looks for their originals among all sample photos: how many are found, by the
 * hash alone and with local features, and how many other photos are taken for copies. Then all of them are put into groups
 * in a real library, with the sample duplicates, files that are there twice, bursts, and near neighbours (`--neighbours N`,
 * 20,000): how many copies are in the group of their original, and how many groups join different photos. `--scenes N`
 * edits fewer, `--neighbours 0` leaves that part out.
 */
export async function run(args: readonly string[]): Promise<void> {
  if (!hasShared("eval duplicates", "photos/scenes", "photos/places")) return;
  const { values } = parseArgs({
    args: [...args],
    options: { scenes: { type: "string" }, neighbours: { type: "string" } },
  });
  const neighbours = Number(values.neighbours ?? NEIGHBOURS);
  const sceneCount = Math.min(Number(values.scenes ?? EDITED_SCENES), EDITED_SCENES);
  const files = [
    ...globSync(sharedPath("photos/scenes/*.jpg")).toSorted(),
    ...globSync(sharedPath("photos/places/DSCN*.jpg")),
  ];
  const index = new CopyIndex();
  const originals: Picture[] = [];
  const library = await openDuplicateLibrary();
  /** Which photo each is a copy of, and by which edit. */
  const truth = new Map<number, Truth>();
  for (const file of files) {
    const content = readFileSync(file);
    const picture = await readPicture(content);
    const scene = originals.push(picture) - 1;
    index.set(scene, picture);
    truth.set(await library.add({ content, picture }), { scene, edit: "original" });
  }
  const cost: Costs = { search: 0, verify: 0, extract: 0, extracted: 0, searches: 0, verified: 0 };
  console.log(
    `${"edit".padEnd(28)}found   hash alone   wrong   (of ${sceneCount} copies among ${files.length} photos)`,
  );
  const totals: Score = { found: 0, byHash: 0, wrong: 0 };
  for (const edit of PHOTO_EDITS) {
    const score: Score = { found: 0, byHash: 0, wrong: 0 };
    for (let scene = 0; scene < sceneCount; scene++) {
      const content = await edit.apply(readFileSync(files[scene]!));
      const copy = await readPicture(content);
      truth.set(await library.add({ content, picture: copy }), { scene, edit: edit.name });
      await measureTraits(copy, cost);
      const copies = await findCopies(copy, index, originals, cost);
      score.found += Number(copies.some(({ id }) => id === scene));
      score.byHash += Number(copies.some(({ id, inliers }) => id === scene && inliers === undefined));
      score.wrong += new Set(copies.filter(({ id }) => id !== scene).map(({ id }) => id)).size;
    }
    print(edit.name, score, sceneCount);
    totals.found += score.found;
    totals.byHash += score.byHash;
    totals.wrong += score.wrong;
  }
  print("all", totals, sceneCount * PHOTO_EDITS.length);
  let mistaken = 0;
  for (const [i, picture] of originals.entries()) {
    const copies = await findCopies(picture, index, originals, cost);
    mistaken += copies.filter(({ id }) => id !== i).length;
  }
  console.log(`photos that are no copies of each other taken for copies: ${mistaken} of ${files.length}`);
  const each = (ms: number, count: number) => `${(ms / count).toFixed(1)} ms`;
  console.log(
    `CPU: features ${each(cost.extract, cost.extracted)}, search ${each(cost.search, cost.searches)}, ` +
      `verifying a candidate ${each(cost.verify, cost.verified)}, ${(cost.verified / cost.searches).toFixed(1)} candidates a photo`,
  );

  try {
    await evaluateGroups(library, truth, originals, files);
    await evaluateNeighbours(originals, neighbours);
  } finally {
    await library.close();
  }
}

/** What a photo really is. */
interface Truth {
  readonly scene: number;
  readonly edit: string;
}

/** Puts everything into groups and says how many of each kind are where they belong. */
async function evaluateGroups(
  library: DuplicateLibrary,
  truth: Map<number, Truth>,
  originals: readonly Picture[],
  files: readonly string[],
): Promise<void> {
  const random = createRandom(5);
  for (let scene = 0; scene < TWICE; scene++) {
    const content = readFileSync(files[scene]!);
    truth.set(await library.add({ content, picture: originals[scene]! }), { scene, edit: "the same file" });
    // Two seconds later something in front of the same scene has changed.
    const moved = originals[originals.length - 1 - scene]!;
    const first = composeNeighbour(moved.image, originals[scene]!.image, random);
    const second = composeNeighbour(moved.image, originals[scene + 1]!.image, random);
    for (const [i, picture] of [first, second].entries()) {
      const takenAtMs = 1_000_000 * (scene + 1) + 2000 * i;
      const id = await library.add({ content: `burst ${scene} ${i}`, picture, takenAtMs });
      truth.set(id, { scene: 10_000 + scene * 2 + i, edit: "burst" });
    }
  }
  for (const [family, names] of SAMPLES.entries()) {
    for (const file of globSync(sharedPath(`photos/duplicates/${names}`)).toSorted()) {
      const content = readFileSync(file);
      const id = await library.add({ content, picture: await readPicture(content) });
      truth.set(id, { scene: 20_000 + family, edit: "sample duplicates" });
    }
  }
  const started = performance.now();
  const { cpuMs } = await measureCpu(() => library.scan());
  const wallMs = performance.now() - started;
  const groups = await library.groups();
  const copies = groups.filter(({ kind }) => kind !== "burst");
  const groupOf = new Map(copies.flatMap((group) => group.members.map(({ photoId }) => [photoId, group])));
  const firstOf = new Map<number, number>();
  for (const [id, { scene }] of truth) if (!firstOf.has(scene)) firstOf.set(scene, id);
  console.log("\nin groups with their original, in a real library:");
  const edits = Map.groupBy(truth, ([, { edit }]) => edit);
  for (const [edit, photos] of edits) {
    const expected = photos.filter(([id, { scene }]) => edit !== "burst" && firstOf.get(scene) !== id);
    const found = expected.filter(([id, { scene }]) => {
      const group = groupOf.get(id);
      return group !== undefined && group === groupOf.get(firstOf.get(scene)!);
    });
    const byKind = Map.groupBy(found, ([id]) => kindOf(groupOf.get(id)!, id));
    const kinds = [...byKind].map(([kind, list]) => `${kind} ${list.length}`).join(", ");
    if (expected.length > 0)
      console.log(
        `${edit.padEnd(25)}${(found.length / expected.length).toFixed(3).padStart(9)}   ${found.length} of ${expected.length}: ${kinds}`,
      );
  }
  const bursts = groups.filter(({ kind }) => kind === "burst");
  const right = bursts.filter(({ members }) =>
    members.every(({ photoId }) => truth.get(photoId)!.edit === "burst"),
  );
  console.log(
    `bursts found ${right.length} of ${TWICE}, others taken for bursts ${bursts.length - right.length}`,
  );
  const mixed = copies.filter(
    ({ members }) => new Set(members.map(({ photoId }) => truth.get(photoId)!.scene)).size > 1,
  );
  console.log(
    `groups ${copies.length}, groups that join different photos ${mixed.length}; ${truth.size} photos compared in ` +
      `${(wallMs / 1000).toFixed(0)} s, ${(cpuMs / truth.size).toFixed(0)} ms of processor each`,
  );
}

function kindOf({ kind, primaryId, members }: FoundGroup, photoId: number): string {
  return photoId === primaryId
    ? kind
    : (members.find((member) => member.photoId === photoId)?.kind ?? "none");
}

/** Different photos that are nearly the same, by their pixels and by their embeddings: no group may join two of them. */
async function evaluateNeighbours(originals: readonly Picture[], count: number): Promise<void> {
  if (count === 0) return;
  const random = createRandom(6);
  const library = await openDuplicateLibrary();
  try {
    const embeddings = new Map<number, Float32Array>();
    const views = originals.map(({ image }) => shrinkToFit(image, NEIGHBOUR_SIDE));
    for (let i = 0; i < count; i++) {
      // Those of one photo one after the other: the thumbnails that each is compared with have just been decoded.
      const base = views[Math.floor((i * views.length) / count)]!;
      const other = views[Math.floor(random() * views.length)]!;
      const picture = composeNeighbour(base, other, random);
      await library.add({ content: `neighbour ${i}`, picture });
    }
    const { cpuMs } = await measureCpu(() => library.scan());
    const groups = await library.groups();
    const joined = groups.reduce((sum, { members }) => sum + members.length - 1, 0);
    console.log(
      `\n${count} pictures of which a fifth to a third was exchanged: ${joined} taken for copies, in ${groups.length} groups; ` +
        `${(cpuMs / count).toFixed(0)} ms of processor each`,
    );
    const chains = await openDuplicateLibrary();
    try {
      for (let i = 0; i < count; i += CHAIN) {
        for (const embedding of walkEmbeddings(Math.min(CHAIN, count - i), 64, 0.993, random))
          embeddings.set(await chains.add({ content: `chain ${embeddings.size}`, embedding }), embedding);
      }
      await chains.scan();
      const found = await chains.groups();
      const apart = found.filter(({ primaryId, members }) =>
        members.some(
          ({ photoId }) => dot(embeddings.get(primaryId)!, embeddings.get(photoId)!) < NEAR - 1e-6,
        ),
      );
      const largest = Math.max(0, ...found.map(({ members }) => members.length));
      console.log(
        `${count} embeddings in chains of ${CHAIN} (single linkage would join each chain): ${found.length} groups of ` +
          `${largest} at most, groups with a member that is not near its medoid ${apart.length}`,
      );
    } finally {
      await chains.close();
    }
  } finally {
    await library.close();
  }
}

/** Scenes whose file is there twice, and bursts. */
const TWICE = 20;

/** The two families of the sample duplicates. */
const SAMPLES = ["[a-t]*.jpg", "ukbench*.jpg"];

type Costs = Record<"search" | "verify" | "extract" | "extracted" | "searches" | "verified", number>;

async function findCopies(picture: Picture, index: CopyIndex, originals: readonly Picture[], cost: Costs) {
  const search = await measureCpu(() => index.findCandidates(picture));
  const verify = await measureCpu(() =>
    search.value.flatMap((candidate) => verifyCandidate(picture, originals[candidate.id]!, candidate) ?? []),
  );
  cost.search += search.cpuMs;
  cost.verify += verify.cpuMs;
  cost.searches++;
  cost.verified += search.value.length;
  return verify.value;
}

async function measureTraits({ image }: Picture, cost: Costs): Promise<void> {
  cost.extract += (await measureCpu(() => extractFeatures(image))).cpuMs;
  cost.extracted++;
}

function print(name: string, { found, byHash, wrong }: Score, count: number): void {
  const share = (n: number) => (n / count).toFixed(3).padStart(9);
  console.log(`${name.padEnd(25)}${share(found)}${share(byHash)}${String(wrong).padStart(10)}`);
}
