import { globSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { extractFeatures } from "../../src/duplicate/local-features.ts";
import { CopyIndex, type Picture, verifyCandidate } from "../../src/duplicate/copy-index.ts";
import { hasShared, sharedPath } from "../../test/shared-files.ts";
import { measureCpu } from "../measure/cpu-time.ts";
import { PHOTO_EDITS } from "../../test/photo-edits.ts";
import { readPicture } from "../../test/read-picture.ts";

/** Scenes that are edited; all others and the photos of places are there to be mistaken for them. */
const EDITED_SCENES = 40;

/** What the published distance of the hash finds by itself, as it is and in eight orientations, is printed beside ours. */
interface Score {
  found: number;
  byHash: number;
  wrong: number;
}

/**
 * Makes 41 kinds of copies of each scene and looks for their originals among all sample photos: how many are found, by the
 * hash alone and with local features, and how many other photos are taken for copies. `--scenes N` edits fewer.
 */
export async function run(args: readonly string[]): Promise<void> {
  if (!hasShared("eval duplicates", "photos/scenes", "photos/places")) return;
  const { values } = parseArgs({ args: [...args], options: { scenes: { type: "string" } } });
  const sceneCount = Math.min(Number(values.scenes ?? EDITED_SCENES), EDITED_SCENES);
  const files = [
    ...globSync(sharedPath("photos/scenes/*.jpg")).toSorted(),
    ...globSync(sharedPath("photos/places/DSCN*.jpg")),
  ];
  const index = new CopyIndex();
  const originals: Picture[] = [];
  for (const file of files) {
    const picture = await readPicture(readFileSync(file));
    index.set(originals.push(picture) - 1, picture);
  }
  const cost: Costs = { search: 0, verify: 0, extract: 0, extracted: 0, searches: 0, verified: 0 };
  console.log(
    `${"edit".padEnd(28)}found   hash alone   wrong   (of ${sceneCount} copies among ${files.length} photos)`,
  );
  const totals: Score = { found: 0, byHash: 0, wrong: 0 };
  for (const edit of PHOTO_EDITS) {
    const score: Score = { found: 0, byHash: 0, wrong: 0 };
    for (let scene = 0; scene < sceneCount; scene++) {
      const copy = await readPicture(await edit.apply(readFileSync(files[scene]!)));
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
}

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
