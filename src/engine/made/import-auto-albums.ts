import type { MadeDocument } from "../../core/made-document.ts";
import type { AutoAlbumShape } from "../../database/made/read-auto-albums.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { Curating } from "../albums/decide-library.ts";
import { type ImportCounts, orNoteProblem } from "./import-counts.ts";

/** An album that holds fewer of the typical photos of the other is another album: half, so that no two can claim to be it. */
const MIN_SHARED = 0.5;

export interface AutoAlbumImportOptions {
  readonly store: Pick<MadeStore, "findPhotos" | "autoAlbums" | "autoAlbumShapes">;
  readonly curating: Pick<Curating, "changeAlbum" | "deleteAlbum">;
}

type MadeAutoAlbum = MadeDocument["autoAlbums"][number];

/** Takes over what was said of auto-albums: each is looked for by its id, then by what is in it. */
export function createAutoAlbumImport({ store, curating }: AutoAlbumImportOptions) {
  async function findAlbum({ id, space, photos }: MadeAutoAlbum): Promise<AutoAlbumShape | undefined> {
    const shapes = await store.autoAlbumShapes(space);
    const same = shapes.find((shape) => shape.id === id);
    if (same !== undefined) return same;
    const typical = (await store.findPhotos(photos)).filter((photoId) => photoId !== undefined);
    const scored = shapes.map((shape) => ({ shape, shared: countShared(shape.photoIds, typical) }));
    const best = scored.toSorted((one, other) => other.shared - one.shared)[0];
    return best !== undefined && typical.length > 0 && best.shared > typical.length * MIN_SHARED
      ? best.shape
      : undefined;
  }

  async function importAlbum(wanted: MadeAutoAlbum, actor: string, counts: ImportCounts): Promise<void> {
    const album = await findAlbum(wanted);
    if (album === undefined) {
      const name = wanted.title === undefined ? wanted.id : `"${wanted.title}"`;
      counts.problems.push(
        `automatic album ${name}: no album here shows the same; compute the albums of ${wanted.space}, then import again.`,
      );
      return;
    }
    const said = (await store.autoAlbums()).find(({ id }) => id === album.id);
    if (wanted.isDeleted === true) {
      if (said?.isDeleted === true) return;
      await curating.deleteAlbum(album.id, actor);
      counts.decisions++;
      counts.albumsChanged++;
      return;
    }
    const find = async (refs: MadeAutoAlbum["photos"]) =>
      (await store.findPhotos(refs)).filter((photoId) => photoId !== undefined);
    const lacking = async (refs: MadeAutoAlbum["photos"], former: MadeAutoAlbum["photos"] = []) => {
      const known = new Set(await find(former));
      return (await find(refs)).filter((photoId) => !known.has(photoId));
    };
    const { title, description, cover } = wanted;
    const addPhotoIds = await lacking(wanted.added, said?.added);
    const removePhotoIds = await lacking(wanted.keptOut, said?.keptOut);
    const [coverPhotoId] = await lacking(cover === undefined ? [] : [cover], said?.cover && [said.cover]);
    const edit = {
      ...(title === undefined || title === said?.title ? {} : { title }),
      ...(description === undefined || description === said?.description ? {} : { description }),
      ...(coverPhotoId === undefined ? {} : { coverPhotoId }),
      ...(addPhotoIds.length === 0 ? {} : { addPhotoIds }),
      ...(removePhotoIds.length === 0 ? {} : { removePhotoIds }),
    };
    if (Object.keys(edit).length === 0) return;
    counts.decisions += (await curating.changeAlbum(album.id, edit, actor)).decisionIds.length;
    counts.albumsChanged++;
  }

  return async function importAutoAlbums(
    albums: MadeDocument["autoAlbums"],
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    for (const album of albums)
      await orNoteProblem(`automatic album ${album.title ?? album.id}`, counts, () =>
        importAlbum(album, actor, counts),
      );
  };
}

function countShared(photoIds: readonly number[], typical: readonly number[]): number {
  const known = new Set(photoIds);
  return typical.filter((photoId) => known.has(photoId)).length;
}
