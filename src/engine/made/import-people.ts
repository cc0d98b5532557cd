import type { MadeDocument, MadePhoto } from "../../core/made-document.ts";
import { matchBoxes } from "../../database/people/match-boxes.ts";
import type { People } from "../people/people.ts";
import { type ImportCounts, orNoteProblem } from "./import-counts.ts";

/** What an import does with people. */
export type ImportablePeople = Pick<
  People,
  | "persons"
  | "faces"
  | "createPerson"
  | "updatePerson"
  | "distinguish"
  | "assignFaces"
  | "rejectFaces"
  | "ignoreFaces"
  | "removeFaces"
  | "drawFace"
>;

type MadeFace = MadePhoto["faces"][number];

/** Takes persons over, told by their names, and faces, told by where they are in a photo. */
export function createPeopleImport(people: ImportablePeople) {
  async function importPersons(
    { persons }: MadeDocument,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
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

  async function importDistinct(
    { distinctPersons }: MadeDocument,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const known = new Set((await people.persons.distinctPairs()).map(toPairKey));
    for (const names of distinctPersons) {
      const [one, other] = await Promise.all(names.map((name) => people.persons.findByName(name)));
      if (one === undefined || other === undefined || known.has(toPairKey([one.id, other.id]))) continue;
      await orNoteProblem(names.join(" and "), counts, async () => {
        await people.distinguish([one.id, other.id], actor);
        counts.decisions++;
        counts.personsChanged++;
      });
    }
  }

  /** Says who a face is not; `former`: whom it was said not to be so far. */
  async function rejectPersons(
    faceId: number,
    { notPersons }: MadeFace,
    former: readonly string[],
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    for (const name of notPersons) {
      const person = former.includes(name) ? undefined : await people.persons.findByName(name);
      if (person === undefined) continue;
      await people.rejectFaces([faceId], person.id, actor);
      counts.facesRejected++;
      counts.decisions++;
    }
  }

  return {
    async importPersons(made: MadeDocument, actor: string, counts: ImportCounts): Promise<void> {
      await importPersons(made, actor, counts);
      await importDistinct(made, actor, counts);
    },
    /** `said`: what was said of the faces of this photo here. */
    async importFaces(
      photoId: number,
      { wanted, said }: { readonly wanted: readonly MadeFace[]; readonly said: readonly MadeFace[] },
      actor: string,
      counts: ImportCounts,
    ): Promise<void> {
      const faces = await people.faces.ofPhoto(photoId);
      const matches = matchBoxes(
        wanted.map(({ box }) => box),
        faces.map(({ normalizedBox }) => normalizedBox),
      );
      // Also of photos out of sight, whose faces cannot be listed.
      const saidOf = matchBoxes(
        wanted.map(({ box }) => box),
        said.map(({ box }) => box),
      );
      const rejectedAt = new Map(said.map(({ box, notPersons }) => [toBoxKey(box), notPersons]));
      for (const [i, wish] of wanted.entries()) {
        const { box, person, state } = wish;
        const before = saidOf[i] === undefined ? undefined : said[saidOf[i]];
        if (isSaid(wish, before)) continue;
        const match = matches[i];
        const face = match === undefined ? undefined : faces[match];
        const isThere = face !== undefined && face.state === "confirmed" && face.personName === person;
        if (state === "confirmed" && person !== null && !isThere) {
          if (face === undefined) {
            const { id } = await people.drawFace(photoId, box, { name: person }, actor);
            await rejectPersons(id, wish, [], actor, counts);
          } else await people.assignFaces([face.id], { name: person }, actor);
          counts.facesNamed++;
          counts.decisions++;
        } else if (state === "ignored" && face !== undefined && !face.isIgnored) {
          await people.ignoreFaces([face.id], actor);
          counts.decisions++;
        } else if (state === "removed" && face !== undefined) {
          await people.removeFaces([face.id], actor);
          counts.decisions++;
        }
        if (face === undefined || state === "removed") continue;
        const former = rejectedAt.get(toBoxKey(face.normalizedBox)) ?? [];
        await rejectPersons(face.id, wish, former, actor, counts);
      }
    },
  };
}

function isSaid({ person, state, notPersons }: MadeFace, before: MadeFace | undefined): boolean {
  return (
    before !== undefined &&
    before.person === person &&
    before.state === state &&
    notPersons.every((name) => before.notPersons.includes(name))
  );
}

function toPairKey(ids: readonly [string, string]): string {
  return ids.toSorted().join(" ");
}

function toBoxKey({ x, y, width, height }: MadeFace["box"]): string {
  return [x, y, width, height].join(" ");
}
