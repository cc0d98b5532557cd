import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isFileMissing } from "../../core/errors.ts";
import { decodeCheckpoint } from "../../learn/checkpoint.ts";
import type { HeadVerdict } from "../../learn/judge-head.ts";
import type { ProjectionHead } from "../../learn/projection-head.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";

/** The accepted head's description; checkpoints of trainings lie beside it. */
const DESCRIPTION = "accepted.json";

/** What is known of a head that passed its test. */
export interface HeadDescription {
  /** The recogniser whose embeddings it projects; of no use for any other. */
  readonly modelId: string;
  /** Whom it is good for: nobody else. */
  readonly personIds: readonly string[];
  readonly calibration: SimilarityCalibration;
  /** File name of its checkpoint. */
  readonly checkpoint: string;
  readonly verdict: HeadVerdict;
  /** Epoch milliseconds. */
  readonly trainedAt: number;
}

/** A head that is in use. */
export interface TrainedHead extends HeadDescription {
  readonly head: ProjectionHead;
}

/** The trained head of a library, if one passed its test. */
export interface TrainedHeads {
  readonly directory: string;
  /** The head for this recogniser; one of another recogniser is dropped. */
  current(modelId: string): Promise<TrainedHead | undefined>;
  /** Takes a head into use; former checkpoints are removed. */
  accept(description: HeadDescription): Promise<void>;
  /** Uses none any more. */
  drop(): Promise<void>;
}

/** Heads kept in a directory; what cannot be read counts as none. */
export function createTrainedHeads(directory: string): TrainedHeads {
  let loaded: Promise<TrainedHead | undefined> | undefined;

  async function load(): Promise<TrainedHead | undefined> {
    try {
      const description = JSON.parse(await readFile(join(directory, DESCRIPTION), "utf8")) as HeadDescription;
      const { head } = decodeCheckpoint(await readFile(join(directory, description.checkpoint)));
      return { ...description, head };
    } catch (error) {
      // Half a file or none: recognition goes by plain embeddings, and another training makes it anew.
      if (!isFileMissing(error)) await rm(join(directory, DESCRIPTION), { force: true });
      return undefined;
    }
  }

  async function drop(): Promise<void> {
    loaded = undefined;
    await rm(join(directory, DESCRIPTION), { force: true });
  }

  return {
    directory,
    async current(modelId) {
      loaded ??= load();
      const head = await loaded;
      if (head === undefined || head.modelId === modelId) return head;
      await drop();
      return undefined;
    },
    async accept(description) {
      await mkdir(directory, { recursive: true });
      await writeFileAtomically(join(directory, DESCRIPTION), Buffer.from(JSON.stringify(description)));
      loaded = undefined;
      const kept = new Set([DESCRIPTION, description.checkpoint]);
      const others = (await readdir(directory)).filter((name) => !kept.has(name));
      await Promise.all(others.map((name) => rm(join(directory, name), { force: true })));
    },
    drop,
  };
}
