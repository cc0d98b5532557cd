import type { Box } from "../../core/geometry.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Section, Verdict } from "../../core/search-trust.ts";
import type { Face, FaceStore } from "../../database/people/face-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { inSections } from "../../rank/sections.ts";
import type { Recogniser } from "../people/recogniser.ts";
import type { SearchFaces } from "../people/search-faces.ts";

/** Faces that are looked at for each given one. */
const DEPTH = 2000;

/** Photos in which given faces are. */
export interface FacesQuery {
  /** Faces of the library, each of another person. */
  readonly faceIds: readonly number[];
  /** All of them in one photo, or any of them. */
  readonly mode: "all" | "any";
  readonly filter: PhotoFilter;
  readonly minSimilarity?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** A photo with the faces in it that look like the given ones. */
export interface FacesPhoto {
  readonly photo: Photo;
  /** Of the face that is least like the one it stands for (all), or most (any). */
  readonly similarity: number;
  readonly section: Section;
  readonly normalizedBoxes: readonly Box[];
}

export interface FacesAnswer {
  readonly photos: readonly FacesPhoto[];
  readonly total: number;
  readonly sections: Readonly<Record<Section, number>>;
  readonly verdict: Verdict;
  readonly modelId: string;
}

export interface FacesTogetherOptions {
  readonly searchFaces: SearchFaces;
  readonly faces: Pick<FaceStore, "getMany">;
  readonly photos: Pick<PhotoStore, "getMany" | "listIds">;
  readonly recogniser: () => Promise<Recogniser>;
}

/** A face in a photo, and how much it is like the one looked for. */
type Sighting = { readonly face: Face; readonly similarity: number };

/**
 * Photos of several faces at once; the given faces count where they are. One face of a photo stands for one given face only:
 * the pairs most alike are matched first. Throws as searching for one face does.
 */
export function createFacesTogether({ searchFaces, faces, photos, recogniser }: FacesTogetherOptions) {
  async function see(faceId: number, minSimilarity: number | undefined): Promise<readonly Sighting[]> {
    const [{ matches }, [own]] = await Promise.all([
      searchFaces({ faceIds: [faceId] }, { limit: DEPTH, minSimilarity }),
      faces.getMany([faceId]),
    ]);
    return own === undefined ? matches : [{ face: own, similarity: 1 }, ...matches];
  }

  return async function findTogether(query: FacesQuery): Promise<FacesAnswer> {
    const { faceIds, mode, filter, minSimilarity, limit, offset } = query;
    const model = await recogniser();
    const seen = await Promise.all(faceIds.map((faceId) => see(faceId, minSimilarity)));
    const byPhoto = new Map<number, { readonly wanted: number; readonly sighting: Sighting }[]>();
    for (const [wanted, sightings] of seen.entries()) {
      for (const sighting of sightings) {
        const { photoId } = sighting.face;
        byPhoto.set(photoId, [...(byPhoto.get(photoId) ?? []), { wanted, sighting }]);
      }
    }
    const passing = new Set(
      await photos.listIds({ ...filter, ids: narrow(filter.ids, [...byPhoto.keys()]) }),
    );
    const found = [...byPhoto].flatMap(([photoId, candidates]) => {
      if (!passing.has(photoId)) return [];
      const matched = matchOneToOne(candidates);
      if (mode === "all" && matched.length < faceIds.length) return [];
      const similarities = matched.map(({ similarity }) => similarity);
      const similarity = mode === "all" ? Math.min(...similarities) : Math.max(...similarities);
      return [{ photoId, similarity, boxes: matched.map(({ face }) => face.normalizedBox) }];
    });
    const ranked = found.toSorted((a, b) => b.similarity - a.similarity || a.photoId - b.photoId);
    const toSection = ({ similarity }: { readonly similarity: number }): Section =>
      similarity >= model.matchThreshold ? "strong" : "maybe";
    const { entries, counts, verdict } = inSections(ranked, toSection);
    const page = entries.slice(offset, offset + limit);
    const photoById = new Map(
      (await photos.getMany(page.map(({ photoId }) => photoId))).map((photo) => [photo.id, photo]),
    );
    return {
      photos: page.flatMap(({ photoId, similarity, boxes }): FacesPhoto[] => {
        const photo = photoById.get(photoId);
        return photo === undefined
          ? []
          : [{ photo, similarity, section: toSection({ similarity }), normalizedBoxes: boxes }];
      }),
      total: entries.length,
      sections: counts,
      verdict,
      modelId: model.modelId,
    };
  };
}
export type FindFacesTogether = ReturnType<typeof createFacesTogether>;

/** The pairs of given faces and faces of one photo, most alike first, each face in one pair only. */
function matchOneToOne(
  candidates: readonly { readonly wanted: number; readonly sighting: Sighting }[],
): readonly Sighting[] {
  const taken = { wanted: new Set<number>(), faces: new Set<number>() };
  const matched: Sighting[] = [];
  for (const { wanted, sighting } of candidates.toSorted(
    (a, b) => b.sighting.similarity - a.sighting.similarity,
  )) {
    if (taken.wanted.has(wanted) || taken.faces.has(sighting.face.id)) continue;
    taken.wanted.add(wanted);
    taken.faces.add(sighting.face.id);
    matched.push(sighting);
  }
  return matched;
}

function narrow(wanted: readonly number[] | undefined, ids: readonly number[]): readonly number[] {
  if (wanted === undefined) return ids;
  const allowed = new Set(wanted);
  return ids.filter((id) => allowed.has(id));
}
