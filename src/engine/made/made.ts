import { KeepsightError } from "../../core/errors.ts";
import type { PhotoChanges } from "../../core/library-decision.ts";
import { MADE_VERSION, MadeDocument, MadePhoto } from "../../core/made-document.ts";
import type { LibraryDecisions } from "../../database/decided/library-decisions.ts";
import { toTagKey } from "../../database/decided/facts.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import { matchBoxes } from "../../database/people/match-boxes.ts";
import type { Albums } from "../albums/albums.ts";
import type { People } from "../people/people.ts";
import type { WriteSidecars } from "./write-sidecars.ts";

/** What an import did. Importing the same again does nothing, and says so. */
export interface ImportedMade {
  /** Decisions that it took, each of which can be undone. */
  readonly decisions: number;
  readonly photosChanged: number;
  readonly facesNamed: number;
  readonly personsChanged: number;
  readonly albumsChanged: number;
  readonly categoriesChanged: number;
  readonly searchesAdded: number;
  /** Photos of the export that are not in this library. */
  readonly photosNotFound: readonly string[];
  /** What could not be taken over, and why. */
  readonly problems: readonly string[];
}

export interface MadeOptions {
  readonly writeSidecars: WriteSidecars;
  readonly store: MadeStore;
  readonly curating: Albums["curating"];
  readonly decisions: Pick<LibraryDecisions, "decide">;
  readonly people: Pick<
    People,
    | "persons"
    | "faces"
    | "createPerson"
    | "updatePerson"
    | "assignFaces"
    | "ignoreFaces"
    | "removeFaces"
    | "drawFace"
  >;
  readonly saveSearch: (search: { readonly name: string; readonly query: string }) => Promise<unknown>;
}

/** Everything that a user made, out of a library and into one. */
export interface Made {
  exportAll(): Promise<MadeDocument>;
  /** `bad_request` for what is no export, or one of a newer program. */
  importAll(document: unknown, actor: string): Promise<ImportedMade>;
  /** Writes XMP sidecars for other programs; see {@link WriteSidecars}. */
  readonly writeSidecars: WriteSidecars;
}

type Counts = { -readonly [Key in keyof ImportedMade]: ImportedMade[Key] extends number ? number : string[] };

export function createMade({
  store,
  curating,
  decisions,
  people,
  saveSearch,
  writeSidecars,
}: MadeOptions): Made {
  async function importPersons({ persons }: MadeDocument, actor: string, counts: Counts): Promise<void> {
    for (const { name, birthDate, isHidden, isFavourite } of persons) {
      let person = await people.persons.findByName(name);
      if (person === undefined) {
        person = await people.createPerson(name, birthDate ?? undefined, actor);
        counts.decisions++;
        counts.personsChanged++;
      }
      const changes = {
        ...(birthDate !== null && person.birthDate !== birthDate ? { birthDate } : {}),
        ...((person.isHidden === 1) === isHidden ? {} : { isHidden }),
        ...((person.isFavourite === 1) === isFavourite ? {} : { isFavourite }),
      };
      if (Object.keys(changes).length === 0) continue;
      await people.updatePerson(person.id, changes, actor);
      counts.decisions++;
      counts.personsChanged++;
    }
  }

  async function importPhotos({ photos }: MadeDocument, actor: string, counts: Counts): Promise<void> {
    const byChange = new Map<string, number[]>();
    for (const photo of photos) {
      const photoId = await store.findPhoto(photo);
      if (photoId === undefined) {
        counts.photosNotFound.push(photo.path);
        continue;
      }
      const changes = findDifference(photo, await store.saidOf(photoId));
      if (Object.keys(changes).length > 0) {
        const key = JSON.stringify(changes);
        byChange.set(key, [...(byChange.get(key) ?? []), photoId]);
      }
      await importFaces(photoId, photo.faces, actor, counts);
    }
    // What is the same of many photos is one decision, undone as one.
    for (const [key, photoIds] of byChange) {
      await curating.changePhotos(photoIds, JSON.parse(key) as PhotoChanges, actor);
      counts.decisions++;
      counts.photosChanged += photoIds.length;
    }
  }

  async function importFaces(
    photoId: number,
    wanted: MadePhoto["faces"],
    actor: string,
    counts: Counts,
  ): Promise<void> {
    const faces = await people.faces.ofPhoto(photoId);
    const matches = matchBoxes(
      wanted.map(({ box }) => box),
      faces.map(({ normalizedBox }) => normalizedBox),
    );
    for (const [i, { box, person, state }] of wanted.entries()) {
      const match = matches[i];
      const face = match === undefined ? undefined : faces[match];
      const isThere = face !== undefined && face.state === "confirmed" && face.personName === person;
      if (state === "confirmed" && person !== null && !isThere) {
        if (face === undefined) await people.drawFace(photoId, box, { name: person }, actor);
        else await people.assignFaces([face.id], { name: person }, actor);
        counts.facesNamed++;
      } else if (state === "ignored" && face !== undefined && !face.isIgnored) {
        await people.ignoreFaces([face.id], actor);
      } else if (state === "removed" && face !== undefined) {
        await people.removeFaces([face.id], actor);
      } else continue;
      counts.decisions++;
    }
  }

  async function importAlbums({ albums }: MadeDocument, actor: string, counts: Counts): Promise<void> {
    const known = new Map((await store.albums()).map((album) => [album.id, album]));
    for (const { id, title, description, cover, photos } of albums) {
      const found = await Promise.all(photos.map((ref) => store.findPhoto(ref)));
      const photoIds = found.filter((photoId) => photoId !== undefined);
      const before = known.get(id);
      const coverPhotoId = cover === null ? undefined : await store.findPhoto(cover);
      const former =
        before === undefined ? [] : await Promise.all(before.photos.map((ref) => store.findPhoto(ref)));
      const added = photoIds.filter((photoId) => !former.includes(photoId));
      try {
        if (before === undefined) {
          const parts = { title, photoIds, ...(description === null ? {} : { description }) };
          await decisions.decide({ kind: "album.create", albumId: id, ...parts }, actor);
          if (coverPhotoId !== undefined) await curating.changeAlbum(id, { coverPhotoId }, actor);
          counts.decisions += coverPhotoId === undefined ? 1 : 2;
        } else {
          const hasCover = before.cover !== null || coverPhotoId === undefined;
          const edit = {
            ...(before.title === title ? {} : { title }),
            ...(before.description === description ? {} : { description }),
            ...(added.length === 0 ? {} : { addPhotoIds: added }),
            ...(hasCover ? {} : { coverPhotoId }),
          };
          if (Object.keys(edit).length === 0) continue;
          counts.decisions += (await curating.changeAlbum(id, edit, actor)).decisionIds.length;
        }
        counts.albumsChanged++;
      } catch (error) {
        noteProblem(error, `album "${title}"`, counts);
      }
    }
  }

  async function importCategories(
    { categories }: MadeDocument,
    actor: string,
    counts: Counts,
  ): Promise<void> {
    const known = new Map((await curating.categories()).map((one) => [one.name.toLowerCase(), one]));
    for (const { name, description, tags } of categories) {
      const before = known.get(name.toLowerCase());
      const former = new Set(before?.tags.map(toTagKey));
      const isSame =
        before !== undefined &&
        (before.description ?? null) === description &&
        former.symmetricDifference(new Set(tags.map(toTagKey))).size === 0;
      if (isSame) continue;
      if (before === undefined)
        await curating.createCategory(
          name,
          { tags, ...(description === null ? {} : { description }) },
          actor,
        );
      else await curating.changeCategory(before.id, { tags, description }, actor);
      counts.decisions++;
      counts.categoriesChanged++;
    }
  }

  async function importSearches({ savedSearches }: MadeDocument, counts: Counts): Promise<void> {
    const known = new Map(
      (await store.savedSearches()).map(({ name, query }) => [name.toLowerCase(), query]),
    );
    for (const search of savedSearches) {
      const query = known.get(search.name.toLowerCase());
      if (query === search.query) continue;
      try {
        await saveSearch(search);
        counts.searchesAdded++;
      } catch (error) {
        noteProblem(error, `search "${search.name}"`, counts);
      }
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
        photos,
        albums: await store.albums(),
        categories: await store.categories(),
        savedSearches: await store.savedSearches(),
        decisions: await store.decisions(),
      };
    },
    async importAll(document, actor) {
      const made = parseMade(document);
      const counts: Counts = {
        decisions: 0,
        photosChanged: 0,
        facesNamed: 0,
        personsChanged: 0,
        albumsChanged: 0,
        categoriesChanged: 0,
        searchesAdded: 0,
        photosNotFound: [],
        problems: [],
      };
      await importPersons(made, actor, counts);
      await importPhotos(made, actor, counts);
      await importAlbums(made, actor, counts);
      await importCategories(made, actor, counts);
      await importSearches(made, counts);
      return counts;
    },
  };
}

function noteProblem(error: unknown, what: string, { problems }: Counts): void {
  if (!(error instanceof KeepsightError)) throw error;
  problems.push(`${what}: ${error.message}`);
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
