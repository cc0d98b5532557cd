import { randomUUID } from "node:crypto";
import { KeepsightError } from "../../core/errors.ts";
import type { AlbumChanges, CategoryChanges, PhotoChanges } from "../../core/library-decision.ts";
import type { Album, AlbumListOptions, AlbumStore } from "../../database/albums/album-store.ts";
import type { LibraryChange, LibraryDecisions } from "../../database/decided/library-decisions.ts";
import type { Photo } from "../../database/photo-store.ts";
import type { Category, TagStore } from "../../database/tag-store.ts";
import type { Decided } from "../people/decide-people.ts";
import type { LibraryEvents } from "../library-events.ts";

/** What a human can change of an album at once; each part is a decision of its own. */
export interface AlbumEdit extends AlbumChanges {
  readonly addPhotoIds?: readonly number[];
  readonly removePhotoIds?: readonly number[];
}

/** A category after a change, and how many photos it makes a difference to. */
export interface ChangedCategory extends Category {
  readonly decisionId: number;
  readonly photosAffected: number;
}

/** A change of photos that was carried out. */
export interface PhotosChanged {
  readonly decisionId: number;
  readonly photosChanged: number;
}

export interface CuratingOptions {
  readonly decisions: LibraryDecisions;
  readonly albums: AlbumStore;
  readonly tags: Pick<TagStore, "categories">;
  readonly events: LibraryEvents;
  /** Queues that the text of these photos is indexed anew; gives the job. */
  readonly queueReindex: (photoIds: readonly number[]) => Promise<number>;
  readonly findPhotosOfCategory: (categoryId: number | undefined) => Promise<readonly number[]>;
}

/** What a human does with photos, albums and categories. Every change is a decision that can be undone. */
export interface Curating {
  changePhotos(photoIds: readonly number[], changes: PhotoChanges, actor: string): Promise<PhotosChanged>;
  listAlbums(options: AlbumListOptions): ReturnType<AlbumStore["list"]>;
  /** `not_found` when there is none, or it was deleted. */
  getAlbum(albumId: string): Promise<Album>;
  albumPhotos(albumId: string, page: Parameters<AlbumStore["photos"]>[1]): Promise<readonly Photo[]>;
  createAlbum(
    title: string,
    options: { readonly description?: string; readonly photoIds: readonly number[] },
    actor: string,
  ): Promise<Album & { readonly decisionIds: readonly number[] }>;
  /** Photos first, so that a new cover may be one of those added. */
  changeAlbum(
    albumId: string,
    edit: AlbumEdit,
    actor: string,
  ): Promise<Album & { readonly decisionIds: readonly number[] }>;
  /** Gives the decision that deleted it; its photos stay. */
  deleteAlbum(albumId: string, actor: string): Promise<number>;
  categories(): Promise<readonly Category[]>;
  createCategory(
    name: string,
    options: { readonly description?: string; readonly tags: readonly string[] },
    actor: string,
  ): Promise<ChangedCategory>;
  changeCategory(categoryId: number, changes: CategoryChanges, actor: string): Promise<ChangedCategory>;
  deleteCategory(categoryId: number, actor: string): Promise<PhotosChanged>;
  /** Has the text of all photos with a category, or of one, indexed anew. */
  reindexCategories(
    categoryId: number | undefined,
  ): Promise<{ readonly jobId: number; readonly photos: number }>;
  undo(decisionId: number, actor: string): Promise<Decided>;
}

export function createCurating(options: CuratingOptions): Curating {
  const { decisions, albums, tags, events } = options;

  function announce({ photoIds, isSightChanged }: LibraryChange): void {
    if (isSightChanged) events.publish({ type: "library", reason: "photos-removed" });
    else if (photoIds.length > 0) events.publish({ type: "library", reason: "photos-changed" });
    events.publish({ type: "library", reason: "albums-changed" });
  }

  async function decide(
    decision: Parameters<LibraryDecisions["decide"]>[0],
    actor: string,
  ): Promise<LibraryChange> {
    const change = await decisions.decide(decision, actor);
    announce(change);
    return change;
  }

  async function getAlbum(albumId: string): Promise<Album> {
    const album = await albums.get(albumId);
    if (album !== undefined) return album;
    throw new KeepsightError("not_found", `There is no album ${albumId}.`);
  }

  async function getCategory(categoryId: number): Promise<Category> {
    const category = (await tags.categories()).find(({ id }) => id === categoryId);
    if (category !== undefined) return category;
    throw new KeepsightError("not_found", `There is no category ${categoryId}.`);
  }

  async function toChanged(categoryId: number, { decision, photoIds }: LibraryChange) {
    const category = await getCategory(categoryId);
    return { ...category, decisionId: decision.id, photosAffected: photoIds.length };
  }

  return {
    async changePhotos(photoIds, changes, actor) {
      const change = await decide({ kind: "photo.update", photoIds, changes }, actor);
      return { decisionId: change.decision.id, photosChanged: change.photoIds.length };
    },
    listAlbums: (listOptions) => albums.list(listOptions),
    getAlbum,
    albumPhotos: (albumId, page) => albums.photos(albumId, page),
    async createAlbum(title, parts, actor) {
      const albumId = randomUUID();
      const { decision } = await decide({ kind: "album.create", albumId, title, ...parts }, actor);
      return { ...(await getAlbum(albumId)), decisionIds: [decision.id] };
    },
    async changeAlbum(albumId, { addPhotoIds = [], removePhotoIds = [], ...changes }, actor) {
      const decisionIds: number[] = [];
      const carryOut = async (decision: Parameters<LibraryDecisions["decide"]>[0]) =>
        decisionIds.push((await decide(decision, actor)).decision.id);
      if (removePhotoIds.length > 0)
        await carryOut({ kind: "album.remove", albumId, photoIds: removePhotoIds });
      if (addPhotoIds.length > 0) await carryOut({ kind: "album.add", albumId, photoIds: addPhotoIds });
      if (Object.keys(changes).length > 0) await carryOut({ kind: "album.update", albumId, changes });
      return { ...(await getAlbum(albumId)), decisionIds };
    },
    async deleteAlbum(albumId, actor) {
      return (await decide({ kind: "album.delete", albumId }, actor)).decision.id;
    },
    categories: () => tags.categories(),
    async createCategory(name, parts, actor) {
      const categoryId = await decisions.nextCategoryId();
      return toChanged(
        categoryId,
        await decide({ kind: "category.create", categoryId, name, ...parts }, actor),
      );
    },
    async changeCategory(categoryId, changes, actor) {
      return toChanged(categoryId, await decide({ kind: "category.update", categoryId, changes }, actor));
    },
    async deleteCategory(categoryId, actor) {
      const { decision, photoIds } = await decide({ kind: "category.delete", categoryId }, actor);
      return { decisionId: decision.id, photosChanged: photoIds.length };
    },
    async reindexCategories(categoryId) {
      if (categoryId !== undefined) await getCategory(categoryId);
      const photoIds = await options.findPhotosOfCategory(categoryId);
      return { jobId: await options.queueReindex(photoIds), photos: photoIds.length };
    },
    async undo(decisionId, actor) {
      const change = await decisions.undo(decisionId, actor);
      announce(change);
      return { decisionId: change.decision.id, facesChanged: 0 };
    },
  };
}
