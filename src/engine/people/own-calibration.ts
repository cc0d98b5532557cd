import type { FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import type { SettingsStore } from "../../database/settings-store.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";
import { askThread } from "./ask-thread.ts";
import type { CalibrationTask } from "./calibration-worker.ts";

/** Faces of one person that take part, and of all: pairs are compared, so time grows with their square (1 s for 1,500). */
const MAX_FACES_OF_PERSON = 8;
const MAX_FACES = 1500;

const SETTING = "people.calibration";

/** What a recogniser's similarities mean among the people of this library. */
export interface OwnCalibration extends SimilarityCalibration {
  readonly modelId: string;
  /** Confirmed faces and persons it was made of. */
  readonly faces: number;
  readonly persons: number;
}

export interface OwnCalibrationOptions {
  readonly faces: Pick<FaceStore, "embedded">;
  readonly persons: Pick<PersonStore, "names">;
  readonly settings: SettingsStore;
}

/**
 * Calibrates the recogniser by the names that the user confirmed, once there are enough pairs of different persons: relatives
 * are more alike than the strangers on whose pictures a recogniser was measured, and every library has its own.
 */
export function createOwnCalibration({ faces, persons, settings }: OwnCalibrationOptions) {
  let known: OwnCalibration | undefined | null = null;

  async function read(modelId: string): Promise<OwnCalibration | undefined> {
    if (known === null) known = (await settings.get(SETTING)) as OwnCalibration | undefined;
    return known?.modelId === modelId ? known : undefined;
  }

  async function collect(modelId: string): Promise<CalibrationTask["faces"] & { personCount: number }> {
    const groups = [];
    let count = 0;
    for (const { id } of (await persons.names()).toSorted((a, b) => b.faceCount - a.faceCount)) {
      const limit = Math.min(MAX_FACES_OF_PERSON, MAX_FACES - count);
      if (limit <= 0) break;
      const found = await faces.embedded({ modelId, confirmedOf: id, order: "quality", limit });
      if (found.faceIds.length > 0) groups.push(found);
      count += found.faceIds.length;
    }
    const dimensions = groups[0]?.dimensions ?? 0;
    const embeddings = new Float32Array(count * dimensions);
    let at = 0;
    for (const group of groups) {
      embeddings.set(group.embeddings, at);
      at += group.embeddings.length;
    }
    const labels = groups.flatMap(({ faceIds }, person) => faceIds.map(() => person));
    return { embeddings, dimensions, persons: labels, personCount: groups.length };
  }

  return {
    /** That of the library, or undefined while too few faces are confirmed. */
    read,
    /** Makes it anew from what is confirmed now. */
    async refresh(modelId: string, background: SimilarityCalibration, signal?: AbortSignal): Promise<void> {
      const { personCount, ...labelled } = await collect(modelId);
      const task: CalibrationTask = { faces: labelled, background };
      const entry = new URL("./calibration-worker.ts", import.meta.url);
      const { strangerSimilarity, matchSimilarity } =
        personCount < 2 ? background : await askThread<SimilarityCalibration>(entry, task, signal);
      const isBackground =
        strangerSimilarity === background.strangerSimilarity &&
        matchSimilarity === background.matchSimilarity;
      known = isBackground
        ? undefined
        : {
            modelId,
            strangerSimilarity,
            matchSimilarity,
            faces: labelled.persons.length,
            persons: personCount,
          };
      if (known === undefined) await settings.remove(SETTING);
      else await settings.set(SETTING, known);
    },
  };
}
