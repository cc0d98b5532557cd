import type { MadeDocument, PhotoRef } from "../../core/made-document.ts";
import { toTagKey } from "../../database/decided/facts.ts";
import type { LibraryDecisions } from "../../database/decided/library-decisions.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { Curating } from "../albums/decide-library.ts";
import { type ImportCounts, orNoteProblem } from "./import-counts.ts";

export interface CuratedImportOptions {
  readonly store: Pick<MadeStore, "albums" | "categories" | "savedSearches" | "findPhotos" | "findPhoto">;
  readonly curating: Pick<
    Curating,
    "changeAlbum" | "categories" | "createCategory" | "changeCategory" | "deleteCategory"
  >;
  readonly decisions: Pick<LibraryDecisions, "decide">;
  readonly saveSearch: (
    search: { readonly name: string; readonly query: string },
    actor: string,
  ) => Promise<unknown>;
}

/** Takes over albums made by hand, categories, and saved searches. */
export function createCuratedImport({ store, curating, decisions, saveSearch }: CuratedImportOptions) {
  async function findAll(refs: readonly PhotoRef[]): Promise<readonly number[]> {
    return (await store.findPhotos(refs)).filter((photoId) => photoId !== undefined);
  }

  async function importAlbum(
    { id, title, description, cover, photos }: MadeDocument["albums"][number],
    before: MadeDocument["albums"][number] | undefined,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const photoIds = await findAll(photos);
    const coverPhotoId = cover === null ? undefined : await store.findPhoto(cover);
    if (before === undefined) {
      const parts = { title, photoIds, ...(description === null ? {} : { description }) };
      await decisions.decide({ kind: "album.create", albumId: id, ...parts }, actor);
      if (coverPhotoId !== undefined) await curating.changeAlbum(id, { coverPhotoId }, actor);
      counts.decisions += coverPhotoId === undefined ? 1 : 2;
      counts.albumsChanged++;
      return;
    }
    const former = new Set(await findAll(before.photos));
    const added = photoIds.filter((photoId) => !former.has(photoId));
    const hasCover = before.cover !== null || coverPhotoId === undefined;
    const edit = {
      ...(before.title === title ? {} : { title }),
      ...(before.description === description ? {} : { description }),
      ...(added.length === 0 ? {} : { addPhotoIds: added }),
      ...(hasCover ? {} : { coverPhotoId }),
    };
    if (Object.keys(edit).length === 0) return;
    counts.decisions += (await curating.changeAlbum(id, edit, actor)).decisionIds.length;
    counts.albumsChanged++;
  }

  async function importCategories(
    { categories, removedCategories }: MadeDocument,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const known = new Map((await curating.categories()).map((one) => [one.name.toLowerCase(), one]));
    for (const { name, formerNames, description, tags } of categories) {
      const before = [name, ...formerNames]
        .map((one) => known.get(one.toLowerCase()))
        .find((one) => one !== undefined);
      const former = new Set(before?.tags.map(toTagKey));
      const isSame =
        before !== undefined &&
        before.name === name &&
        (before.description ?? null) === description &&
        former.symmetricDifference(new Set(tags.map(toTagKey))).size === 0;
      if (isSame) continue;
      await orNoteProblem(`category "${name}"`, counts, async () => {
        if (before === undefined) {
          const parts = { tags, ...(description === null ? {} : { description }) };
          await curating.createCategory(name, parts, actor);
        } else {
          const rename = before.name === name ? {} : { name };
          await curating.changeCategory(before.id, { ...rename, tags, description }, actor);
        }
        counts.decisions++;
        counts.categoriesChanged++;
      });
    }
    for (const name of removedCategories) {
      const category = known.get(name.toLowerCase());
      if (category === undefined || categories.some((one) => one.formerNames.includes(name))) continue;
      await curating.deleteCategory(category.id, actor);
      counts.decisions++;
      counts.categoriesChanged++;
    }
  }

  return {
    async importAlbums({ albums }: MadeDocument, actor: string, counts: ImportCounts): Promise<void> {
      const known = new Map((await store.albums()).map((album) => [album.id, album]));
      for (const album of albums)
        await orNoteProblem(`album "${album.title}"`, counts, () =>
          importAlbum(album, known.get(album.id), actor, counts),
        );
    },
    importCategories,
    /** Another search of the same name stays, and this one gets a number behind its name. */
    async importSearches(
      { savedSearches }: MadeDocument,
      actor: string,
      counts: ImportCounts,
    ): Promise<void> {
      const known = new Map(
        (await store.savedSearches()).map(({ name, query }) => [name.normalize("NFC").toLowerCase(), query]),
      );
      for (const { name, query } of savedSearches) {
        const free = findFreeName(name, query, known);
        if (free === undefined) continue;
        await orNoteProblem(`search "${name}"`, counts, async () => {
          await saveSearch({ name: free, query }, actor);
          known.set(free.normalize("NFC").toLowerCase(), query);
          counts.searchesAdded++;
        });
      }
    },
  };
}

/** The name, or the first `name (2)`, `name (3)`, … that nobody has; undefined where one of them is this very search. */
function findFreeName(name: string, query: string, known: ReadonlyMap<string, string>): string | undefined {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} (${number})`;
    const other = known.get(candidate.normalize("NFC").toLowerCase());
    if (other === query) return undefined;
    if (other === undefined) return candidate;
  }
}
