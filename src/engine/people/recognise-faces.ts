import type { EmbeddedFaces, FaceSelection } from "../../database/people/face-selection.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { FaceGuess } from "../../database/people/write-faces.ts";
import type { PrototypeMatrix } from "../../database/people/prototype-store.ts";
import { assignMatches } from "./assign-matches.ts";
import type { KnownPersons } from "./known-persons.ts";
import { matchPersons } from "../../cluster/match-persons.ts";
import type { MatchRefinement } from "./refine-matches.ts";

/** Faces read and compared at once: half a megabyte and some milliseconds between two turns of the event loop. */
const PAGE = 250;

type Matches = ReturnType<typeof matchPersons>;

export interface RecogniseOptions {
  readonly faces: FaceStore;
  readonly known: KnownPersons;
  /** A second opinion on faces of a recogniser, where there is one. */
  readonly refinement?: (modelId: string) => Promise<MatchRefinement | undefined>;
  /** In a thread where others must not wait. */
  readonly compare?: (...task: Parameters<typeof matchPersons>) => Matches | Promise<Matches>;
}

/** What a round of recognition did. */
export interface Recognised {
  readonly processed: number;
  readonly assigned: number;
  readonly personsMatched: number;
  /** Photos in which somebody was recognised, or no longer is. */
  readonly photoIds: readonly number[];
}

/** Where a long round reports to, and who may end it. */
export interface RecogniseContext {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => Promise<void> | void;
}

/** Compares the faces chosen that no human named with the persons of the library; photo by photo, at most `maxFaces`. */
export function createRecognition({ faces, known, refinement, compare = matchPersons }: RecogniseOptions) {
  async function match(
    found: EmbeddedFaces,
    prototypes: PrototypeMatrix,
    threshold: number,
    modelId: string,
  ): Promise<Matches> {
    const second = await refinement?.(modelId);
    if (second === undefined) return compare(found.embeddings, prototypes, threshold);
    const plain = await compare(found.embeddings, prototypes, Math.min(threshold, second.minScore));
    return second.refine(found, prototypes, plain);
  }

  async function recognisePage(
    selection: FaceSelection,
    prototypes: PrototypeMatrix,
    threshold: number,
    keepClusters: boolean,
  ) {
    const found = await faces.embedded({ ...selection, isConfirmed: false, order: "photo" });
    const photosOfFaces = [...new Set(found.photoIds)];
    const present = await faces.namedInPhotos(photosOfFaces);
    const isUnborn = await faces.unbornInPhotos(photosOfFaces);
    const ruledOut = await faces.rejections(found.faceIds);
    const isComparable = prototypes.dimensions === found.dimensions;
    const matches = isComparable ? await match(found, prototypes, threshold, selection.modelId) : [];
    const isTaken = (photoId: number, personId: string) =>
      isUnborn(photoId, personId) || (present.get(photoId)?.has(personId) ?? false);
    const byFace = assignMatches(
      found.faceIds.map((faceId, i) => ({ faceId, photoId: found.photoIds[i]!, matches: matches[i] ?? [] })),
      threshold,
      isTaken,
      (faceId, personId) => ruledOut.get(faceId)?.has(personId) ?? false,
    );
    // A look at some photos leaves what their clusters were taken for; a round over all of them judges clusters anew.
    const byCluster =
      keepClusters && byFace.some((guess) => guess.match === undefined)
        ? await faces.guessesByCluster(found.faceIds)
        : new Map<number, never>();
    const guesses = keepClusterGuesses(byFace, found.photoIds, byCluster, isTaken);
    const { photoIds } = await faces.saveGuesses(guesses);
    const assigned = guesses.flatMap(({ match }) => match?.personId ?? []);
    return { assigned, photoIds, processed: found.faceIds.length };
  }

  return async function recognise(
    selection: FaceSelection,
    threshold: number,
    maxFaces = Infinity,
    { signal, onProgress }: RecogniseContext = {},
  ): Promise<Recognised> {
    const prototypes = await known.prototypes(selection.modelId);
    const photoIds = new Set<number>();
    const persons = new Set<string>();
    let processed = 0;
    let assigned = 0;
    for (let afterPhotoId = selection.afterPhotoId ?? 0; processed < maxFaces;) {
      signal?.throwIfAborted();
      const limit = Math.min(PAGE, maxFaces - processed);
      const page = await faces.photosWithFaces({ ...selection, afterPhotoId, limit });
      if (page.length === 0) break;
      const done = await recognisePage(
        { ...selection, photoIds: page },
        prototypes,
        threshold,
        selection.photoIds !== undefined,
      );
      for (const personId of done.assigned) persons.add(personId);
      for (const photoId of done.photoIds) photoIds.add(photoId);
      processed += done.processed;
      assigned += done.assigned.length;
      afterPhotoId = page.at(-1)!;
      await onProgress?.(processed);
    }
    return { processed, assigned, personsMatched: persons.size, photoIds: [...photoIds] };
  };
}
export type Recognise = ReturnType<typeof createRecognition>;

/** The guesses, and those of whole clusters for faces that none is left for, as long as nobody is twice in a photo by it. */
function keepClusterGuesses(
  guesses: readonly FaceGuess[],
  photoIds: readonly number[],
  byCluster: ReadonlyMap<number, { readonly personId: string; readonly score: number }>,
  isTaken: (photoId: number, personId: string) => boolean,
): readonly FaceGuess[] {
  const seen = new Set(
    guesses.flatMap(({ match }, i) => (match === undefined ? [] : [`${photoIds[i]} ${match.personId}`])),
  );
  return guesses.map((guess, i) => {
    const kept = guess.match === undefined ? byCluster.get(guess.faceId) : undefined;
    const place = `${photoIds[i]} ${kept?.personId}`;
    if (kept === undefined || seen.has(place) || isTaken(photoIds[i]!, kept.personId)) return guess;
    seen.add(place);
    return { faceId: guess.faceId, match: { ...kept, source: "cluster" } };
  });
}
