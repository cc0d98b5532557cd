import type { FaceStore } from "../../database/people/face-store.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { Prototype, PrototypeMatrix, PrototypeStore } from "../../database/people/prototype-store.ts";
import { computePrototypes } from "./compute-prototypes.ts";

/** Faces of which a person's prototypes are made: the best ones; more would cost time and change little. */
const MAX_FACES = 400;

/** What the persons of the library look like, to one recogniser. */
export interface KnownPersons {
  /** Prototypes of everybody, with those that are lacking made first; the same object as long as they are the same. */
  prototypes(modelId: string): Promise<PrototypeMatrix>;
  /** Something may have changed. */
  forget(): void;
  /** Makes all prototypes anew. */
  recompute(modelId: string): Promise<{ readonly persons: number; readonly centroids: number }>;
}

export function createKnownPersons(options: {
  readonly faces: Pick<FaceStore, "embedded">;
  readonly prototypes: PrototypeStore;
  /** In a thread where others must not wait. */
  readonly compute?: (faces: EmbeddedFaces) => readonly Prototype[] | Promise<readonly Prototype[]>;
}): KnownPersons {
  const { faces, prototypes, compute = computePrototypes } = options;
  let known: { readonly modelId: string; readonly matrix: Promise<PrototypeMatrix> } | undefined;
  /** What was read last, from which the next reading goes on. */
  let last: { readonly modelId: string; readonly matrix: PrototypeMatrix } | undefined;

  /** Several attempts, in case a human decides something meanwhile. */
  async function complete(modelId: string): Promise<{ persons: number; centroids: number }> {
    let persons = 0;
    let centroids = 0;
    for (const personId of await prototypes.lacking(modelId)) {
      const confirmed = await faces.embedded({
        modelId,
        confirmedOf: personId,
        order: "quality",
        limit: MAX_FACES,
      });
      const made = await compute(confirmed);
      if (!(await prototypes.save(personId, modelId, made, confirmed.faceIds))) continue;
      persons++;
      centroids += made.filter(({ role }) => role === "centroid").length;
    }
    return { persons, centroids };
  }

  async function read(modelId: string): Promise<PrototypeMatrix> {
    await complete(modelId);
    const matrix = await prototypes.readAll(modelId, last?.modelId === modelId ? last.matrix : undefined);
    last = { modelId, matrix };
    return matrix;
  }

  return {
    async prototypes(modelId) {
      if (known?.modelId !== modelId) {
        known = { modelId, matrix: read(modelId) };
        // A failure is not remembered.
        const { matrix } = known;
        matrix.catch(() => {
          if (known?.matrix === matrix) known = undefined;
        });
      }
      return known.matrix;
    },
    forget() {
      known = undefined;
    },
    async recompute(modelId) {
      await prototypes.clear(modelId);
      known = undefined;
      return complete(modelId);
    },
  };
}
