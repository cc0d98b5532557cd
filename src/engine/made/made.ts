import { KeepsightError } from "../../core/errors.ts";
import type { PhotoChanges } from "../../core/library-decision.ts";
import { MADE_VERSION, MadeDocument, MadePhoto } from "../../core/made-document.ts";
import { toTagKey } from "../../database/decided/facts.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { Albums } from "../albums/albums.ts";
import { type AutoAlbumImportOptions, createAutoAlbumImport } from "./import-auto-albums.ts";
import { type ConceptImportOptions, createConceptImport } from "./import-concepts.ts";
import { type ImportCounts, type ImportedMade, orNoteProblem, startCounts } from "./import-counts.ts";
import { createCuratedImport, type CuratedImportOptions } from "./import-curated.ts";
import { createDuplicateImport, type DuplicateImportOptions } from "./import-duplicates.ts";
import { createPeopleImport, type ImportablePeople } from "./import-people.ts";
import type { WriteSidecars } from "./write-sidecars.ts";

export interface MadeOptions {
  readonly writeSidecars: WriteSidecars;
  readonly store: MadeStore;
  readonly curating: Albums["curating"] & AutoAlbumImportOptions["curating"];
  readonly decisions: CuratedImportOptions["decisions"];
  readonly people: ImportablePeople;
  readonly saveSearch: CuratedImportOptions["saveSearch"];
  readonly concepts: ConceptImportOptions["concepts"];
  readonly knownConcepts: ConceptImportOptions["known"];
  readonly duplicates: DuplicateImportOptions["duplicates"];
  /** The folders that are in the library, and how one of them is removed. */
  readonly folders: {
    list(): Promise<readonly { readonly id: number; readonly path: string }[]>;
    remove(folderId: number, actor: string): Promise<unknown>;
  };
}

/** Everything that a user made, out of a library and into one. */
export interface Made {
  exportAll(): Promise<MadeDocument>;
  /** `bad_request` for what is no export, or one of a newer program. */
  importAll(document: unknown, actor: string): Promise<ImportedMade>;
  /** Writes XMP sidecars for other programs; see {@link WriteSidecars}. */
  readonly writeSidecars: WriteSidecars;
}

export function createMade(options: MadeOptions): Made {
  const { store, curating, people, folders, writeSidecars } = options;
  const { importPersons, importFaces } = createPeopleImport(people);
  const { importAlbums, importCategories, importSearches } = createCuratedImport(options);
  const importConcepts = createConceptImport({
    store,
    concepts: options.concepts,
    known: options.knownConcepts,
  });
  const importDuplicates = createDuplicateImport(options);
  const importAutoAlbums = createAutoAlbumImport(options);

  async function importPhotos({ photos }: MadeDocument, actor: string, counts: ImportCounts): Promise<void> {
    const byChange = new Map<string, number[]>();
    const found = await store.findPhotos(photos);
    for (const [i, photo] of photos.entries()) {
      const photoId = found[i];
      if (photoId === undefined) {
        counts.photosNotFound.push(photo.path);
        continue;
      }
      const said = await store.saidOf(photoId);
      const changes = findDifference(photo, said);
      if (Object.keys(changes).length > 0) {
        const key = JSON.stringify(changes);
        byChange.set(key, [...(byChange.get(key) ?? []), photoId]);
      }
      await importFaces(photoId, { wanted: photo.faces, said: said.faces }, actor, counts);
    }
    // What is the same of many photos is one decision, undone as one.
    for (const [key, photoIds] of byChange) {
      await curating.changePhotos(photoIds, JSON.parse(key) as PhotoChanges, actor);
      counts.decisions++;
      counts.photosChanged += photoIds.length;
    }
  }

  async function importFolders(
    { removedFolders }: MadeDocument,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const removed = new Set(removedFolders);
    for (const { id, path } of await folders.list()) {
      if (!removed.has(path)) continue;
      await orNoteProblem(`folder ${path}`, counts, async () => {
        await folders.remove(id, actor);
        counts.decisions++;
        counts.foldersRemoved++;
      });
    }
  }

  return {
    writeSidecars,
    async exportAll() {
      const photos: MadePhoto[] = [];
      for await (const page of store.photos()) {
        for (const photo of page) photos.push(MadePhoto.parse(photo));
      }
      return {
        format: "keepsight-made",
        version: MADE_VERSION,
        exportedAt: new Date().toISOString(),
        persons: await store.persons(),
        distinctPersons: await store.distinctPersons(),
        photos,
        albums: await store.albums(),
        categories: await store.categories(),
        removedCategories: [...(await store.removedCategories())],
        concepts: await store.concepts(),
        duplicates: await store.duplicates(),
        autoAlbums: await store.autoAlbums(),
        removedFolders: [...(await store.removedFolders())],
        savedSearches: await store.savedSearches(),
        decisions: await store.decisions(),
      };
    },
    async importAll(document, actor) {
      const made = parseMade(document);
      const counts = startCounts();
      await importPersons(made, actor, counts);
      await importPhotos(made, actor, counts);
      await importAlbums(made, actor, counts);
      await importCategories(made, actor, counts);
      await importSearches(made, actor, counts);
      await importConcepts(made.concepts, actor, counts);
      // After what was said of each copy by itself: what a loser has, its keeper inherits.
      await importDuplicates(made.duplicates, actor, counts);
      await importAutoAlbums(made.autoAlbums, actor, counts);
      await importFolders(made, actor, counts);
      return counts;
    },
  };
}

function parseMade(document: unknown): MadeDocument {
  const { success, data, error } = MadeDocument.safeParse(document);
  if (!success) {
    const issue = error.issues[0];
    const where = issue?.path.join(".") ?? "";
    throw new KeepsightError(
      "bad_request",
      `This is no export of Keepsight: ${where} ${issue?.message ?? ""}`.trim(),
    );
  }
  if (data.version <= MADE_VERSION) return data;
  throw new KeepsightError(
    "bad_request",
    `This export was written by a newer Keepsight (version ${data.version}, this program knows ${MADE_VERSION}): update Keepsight.`,
  );
}

/** What has to be said of a photo so that everything in the export holds; what was said here beside it stays. */
function findDifference(wanted: MadePhoto, said: MadePhoto): PhotoChanges {
  const lacks = (names: readonly string[], former: readonly string[]) => {
    const keys = new Set(former.map(toTagKey));
    return names.filter((name) => !keys.has(toTagKey(name)));
  };
  const addTags = lacks(wanted.addTags, said.addTags);
  const removeTags = lacks(wanted.removeTags, said.removeTags);
  const { rating, title, description, isFavourite } = wanted;
  return {
    ...(rating === undefined || rating === said.rating ? {} : { rating }),
    ...(title === undefined || title === said.title ? {} : { title }),
    ...(description === undefined || description === said.description ? {} : { description }),
    ...(isFavourite === undefined || isFavourite === said.isFavourite ? {} : { isFavourite }),
    ...(wanted.isHidden !== true || said.isHidden === true ? {} : { isHidden: true as const }),
    ...(addTags.length === 0 ? {} : { addTags }),
    ...(removeTags.length === 0 ? {} : { removeTags }),
  };
}
