import type { FeatureStore, SearchedPhoto, StoredFeatures } from "../../database/duplicates/feature-store.ts";
import type { Photo } from "../../database/photo-store.ts";
import type { Candidate, FoundCopy, PictureTraits } from "../../duplicate/copy-index.ts";
import type { LocalFeatures } from "../../duplicate/local-features.ts";
import type { ComparedCandidate, ComparedPicture, CopyThread, SameScene } from "./copy-thread.ts";
import { fromFeatureBytes, toFeatureBytes } from "./feature-bytes.ts";

/** Photos whose features are handed to the thread at a time: 2 MB, and a millisecond of the event loop. */
const LOAD_PAGE = 400;

/** Without a question for this long the thread ends, and gives its memory back, milliseconds. */
const IDLE_MS = 10 * 60_000;

/** A picture that is looked for: its place and what is known of it. */
export interface SoughtPicture extends ComparedPicture {
  readonly id: number;
}

/** Of which picture of which photo a thumbnail is. */
export type PhotoPlace = Pick<Photo, "id" | "contentVersion">;

/** Finds copies among the photos in sight. */
export interface CopyFinder {
  /** What is known of a photo, its features made and stored where they are not there; undefined while it has no thumbnail. */
  describe(
    photo: PhotoPlace,
    hash: Omit<PictureTraits, "features">,
    stored: StoredFeatures | undefined,
  ): Promise<SoughtPicture | undefined>;
  /** The same of a picture that is no photo of the library. */
  describeFile(
    thumbnailPath: string,
    hash: Omit<PictureTraits, "features">,
  ): Promise<SoughtPicture | undefined>;
  candidates(picture: SoughtPicture): Promise<readonly Candidate[]>;
  /** Those of the candidates that are copies; `isThorough` tries every orientation. */
  verify(
    picture: SoughtPicture,
    candidates: readonly Candidate[],
    isThorough?: boolean,
  ): Promise<readonly FoundCopy[]>;
  /** Those that show the same scene from the same place. */
  findScenes(picture: SoughtPicture, photoIds: readonly number[]): Promise<readonly SameScene[]>;
  /** The photo can be found from now on. */
  add(picture: SoughtPicture): Promise<void>;
  /** Photos went out of sight, or came back. */
  onSightChanged(photos: readonly Photo[]): Promise<void>;
  close(): Promise<void>;
}

export function createCopyFinder(options: {
  readonly features: FeatureStore;
  readonly thread: CopyThread;
  readonly thumbnailPath: (photo: PhotoPlace) => string;
}): CopyFinder {
  const { features, thread, thumbnailPath } = options;
  let loading: Promise<void> | undefined;
  let idle: NodeJS.Timeout | undefined;

  /** The index is filled once for as long as the thread lives. */
  async function whenLoaded(): Promise<void> {
    clearTimeout(idle);
    idle = setTimeout(() => void thread.close(), IDLE_MS).unref();
    if (loading === undefined || !thread.isRunning()) {
      loading = load().catch((error: unknown) => {
        // The next question tries again.
        loading = undefined;
        throw error;
      });
    }
    await loading;
  }

  async function load(): Promise<void> {
    for (let after = 0; ;) {
      const page = await features.list(after, LOAD_PAGE);
      await index(page);
      if (page.length < LOAD_PAGE) return;
      after = page.at(-1)!.photoId;
    }
  }

  async function index(page: readonly SearchedPhoto[]): Promise<void> {
    const photos = page.map((stored) => {
      const { photoId: id, pdq, pdqQuality } = stored;
      return { id, ...toHash({ pdq, pdqQuality }), descriptors: fromFeatureBytes(stored).descriptors };
    });
    await thread.ask({ kind: "add", photos });
  }

  async function compare(candidates: readonly Candidate[]): Promise<readonly ComparedCandidate[]> {
    const ids = [...new Set(candidates.map(({ id }) => id))];
    const stored = ids.length === 0 ? [] : await features.getMany(ids);
    const byId = new Map(stored.map((one) => [one.photoId, one]));
    return candidates.flatMap((candidate) => {
      const found = byId.get(candidate.id);
      if (found === undefined) return [];
      const { contentVersion, width, height, features: bytes } = found;
      const path = thumbnailPath({ id: candidate.id, contentVersion });
      return [{ candidate, features: { width, height, features: bytes }, thumbnailPath: path }];
    });
  }

  async function describeFile(
    id: number,
    path: string,
    hash: Omit<PictureTraits, "features">,
    known?: LocalFeatures,
  ): Promise<SoughtPicture | undefined> {
    const found = known ?? (await thread.ask({ kind: "describe", thumbnailPath: path }));
    return found === null ? undefined : { id, ...hash, features: found, thumbnailPath: path };
  }

  return {
    async describe(photo, hash, stored) {
      const path = thumbnailPath(photo);
      if (stored !== undefined) return describeFile(photo.id, path, hash, fromFeatureBytes(stored));
      const picture = await describeFile(photo.id, path, hash);
      if (picture === undefined) return undefined;
      const { view } = picture.features;
      await features.save({
        photoId: photo.id,
        contentVersion: photo.contentVersion,
        ...view,
        features: toFeatureBytes(picture.features),
      });
      return picture;
    },
    describeFile: (path, hash) => describeFile(0, path, hash),
    async candidates(picture) {
      await whenLoaded();
      const { thumbnailPath: _, id: own, ...traits } = picture;
      const found = await thread.ask({ kind: "candidates", traits });
      return found.filter(({ id }) => id !== own);
    },
    async verify(first, candidates, isThorough = false) {
      const others = await compare(candidates);
      return others.length === 0 ? [] : thread.ask({ kind: "verify", first, others, isThorough });
    },
    async findScenes(first, photoIds) {
      const orientation = { symmetry: 0, isInverted: false };
      const others = await compare(photoIds.map((id) => ({ id, orientation })));
      return others.length === 0 ? [] : thread.ask({ kind: "scene", first, others });
    },
    async add({ id, features: { descriptors }, pdq, pdqQuality }) {
      if (!thread.isRunning()) return;
      await thread.ask({ kind: "add", photos: [{ id, ...toHash({ pdq, pdqQuality }), descriptors }] });
    },
    async onSightChanged(photos) {
      if (!thread.isRunning()) return;
      const gone = photos.filter(({ hiddenAt }) => hiddenAt !== undefined).map(({ id }) => id);
      await thread.ask({ kind: "remove", ids: gone });
      const back = photos.filter(({ hiddenAt }) => hiddenAt === undefined).map(({ id }) => id);
      await index(await features.getMany(back));
    },
    async close() {
      clearTimeout(idle);
      await thread.close();
    },
  };
}

function toHash({
  pdq,
  pdqQuality,
}: {
  readonly pdq?: string | undefined;
  readonly pdqQuality?: number | undefined;
}): Omit<PictureTraits, "features"> {
  return {
    ...(pdq === undefined ? {} : { pdq }),
    ...(pdqQuality === undefined ? {} : { pdqQuality }),
  };
}
