import { type Insertable, type Selectable, sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import { foldText } from "../fold-text.ts";
import type { PersonsTable, PersonStatus, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { dropPrototypes } from "./prototype-store.ts";
import type { PersonFact } from "./facts.ts";
import { type FaceVerdict, foldFace, type ResolvePerson, type SourcedFaceFact } from "./fold-face.ts";
import { toNameKey } from "./person-name.ts";

/**
 * Makes the rows of persons and faces anew from the statements that count. This is the only writer of `persons` and of
 * `faces.personId`, so that state always derives from results plus decisions.
 */

/** Faces folded at once: some megabytes, and a few milliseconds between two turns of the event loop. */
const CHUNK = 2000;

/** What has to be made anew. */
export interface Touched {
  readonly personIds: Iterable<string>;
  readonly faceIds: Iterable<number>;
}

/** What changed by it. */
export interface Refreshed {
  readonly personIds: readonly string[];
  readonly faceIds: readonly number[];
  /** Photos in which somebody's name came, went or changed. */
  readonly photoIds: readonly number[];
  /** Persons of whom other faces than before are certain, or who came, went or became somebody else. */
  readonly remodelled: readonly string[];
}

type PersonRow = Selectable<PersonsTable>;

/** Makes the touched persons and faces anew, and every face that speaks of a person who became somebody else. */
export async function refresh(transaction: Transaction<Schema>, touched: Touched): Promise<Refreshed> {
  const personIds = [...new Set(touched.personIds)];
  const { changed, renamed } = await refreshPersons(transaction, personIds);
  const faceIds = new Set(touched.faceIds);
  for (const faceId of await findFacesOf(transaction, changed)) faceIds.add(faceId);
  const directory = await readDirectory(transaction);
  const photoIds = new Set<number>(await findPhotosOf(transaction, renamed));
  const confirmedOf = new Set<string>(changed);
  const changedFaces: number[] = [];
  const ids = [...faceIds];
  for (let start = 0; start < ids.length; start += CHUNK) {
    for (const face of await refreshFaces(transaction, ids.slice(start, start + CHUNK), directory)) {
      changedFaces.push(face.id);
      photoIds.add(face.photoId);
      for (const personId of face.confirmedOf) confirmedOf.add(personId);
    }
  }
  await dropPrototypes(transaction, [...confirmedOf]);
  return { personIds, faceIds: changedFaces, photoIds: [...photoIds], remodelled: [...confirmedOf] };
}

/**
 * The rows of these persons made anew; tells who has to be resolved anew wherever they are spoken of, and whose name
 * changed.
 */
async function refreshPersons(transaction: Transaction<Schema>, personIds: readonly string[]) {
  const before = await readPersons(transaction, personIds);
  const facts = await readPersonFacts(transaction, personIds);
  const changed: string[] = [];
  const renamed: string[] = [];
  const rows: Insertable<PersonsTable>[] = [];
  for (const personId of personIds) {
    const row = foldPerson(personId, facts.get(personId) ?? []);
    const old = before.get(personId);
    if (row !== undefined) rows.push(row);
    if (whoIs(row) !== whoIs(old)) changed.push(personId);
    if (row?.name !== old?.name) renamed.push(personId);
  }
  // All out before any goes in: names may have been swapped.
  await transaction.deleteFrom("persons").where("id", "in", valueList(personIds)).execute();
  for (const row of rows) {
    await checkNameIsFree(transaction, row);
    await transaction.insertInto("persons").values(row).execute();
  }
  return { changed, renamed };
}

async function checkNameIsFree(transaction: Transaction<Schema>, row: Insertable<PersonsTable>) {
  if (row.status === "merged" || row.status === "deleted") return;
  const other = await transaction
    .selectFrom("persons")
    .select(["id", "name"])
    .where("nameKey", "=", row.nameKey)
    .where("status", "in", ["active", "hidden"])
    .executeTakeFirst();
  if (other === undefined) return;
  throw new KeepsightError(
    "conflict",
    `Another person is named "${other.name}" by now (${other.id}): rename or merge that one first.`,
  );
}

/** All that decides what a statement about this person means. */
function whoIs(row: Pick<Insertable<PersonsTable>, "status" | "mergedIntoId" | "birthDate"> | undefined) {
  if (row === undefined) return "nobody";
  const status = row.status === "hidden" ? "active" : row.status;
  return `${status} ${row.mergedIntoId ?? ""} ${row.birthDate ?? ""}`;
}

async function readPersons(
  transaction: Transaction<Schema>,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, PersonRow>> {
  const rows = await transaction
    .selectFrom("persons")
    .selectAll()
    .where("id", "in", valueList(personIds))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

type DatedPersonFact = PersonFact & { readonly decidedAt: number };

async function readPersonFacts(transaction: Transaction<Schema>, personIds: readonly string[]) {
  const rows = await transaction
    .selectFrom("personFacts")
    .innerJoin("decisions", "decisions.id", "personFacts.decisionId")
    .select(["personId", "field", "value", "decidedAt"])
    .where("personId", "in", valueList(personIds))
    .where("isActive", "=", 1)
    .orderBy("personFacts.decisionId")
    .orderBy("personFacts.id")
    .execute();
  return Map.groupBy(rows as readonly DatedPersonFact[], ({ personId }) => personId);
}

/** The row of a person; undefined while nothing that counts says that there is one. */
function foldPerson(
  personId: string,
  facts: readonly DatedPersonFact[],
): Insertable<PersonsTable> | undefined {
  const born = facts.find(({ field }) => field === "exists");
  if (born === undefined) return undefined;
  const latest = new Map(facts.map(({ field, value }) => [field, value]));
  const name = latest.get("name") ?? "";
  const isHidden = latest.get("isHidden") === "1";
  const mergedIntoId = latest.get("mergedInto") ?? null;
  const representative = latest.get("representativeFaceId") ?? null;
  return {
    id: personId,
    name,
    nameKey: toNameKey(name),
    searchName: foldText(name),
    status: statusOf(latest.get("isDeleted") === "1", mergedIntoId, isHidden),
    mergedIntoId,
    birthDate: latest.get("birthDate") ?? null,
    isHidden: isHidden ? 1 : 0,
    isFavourite: latest.get("isFavourite") === "1" ? 1 : 0,
    representativeFaceId: representative === null ? null : Number(representative),
    createdAt: born.decidedAt,
    updatedAt: Math.max(...facts.map(({ decidedAt }) => decidedAt)),
  };
}

function statusOf(isDeleted: boolean, mergedIntoId: string | null, isHidden: boolean): PersonStatus {
  if (isDeleted) return "deleted";
  if (mergedIntoId !== null) return "merged";
  return isHidden ? "hidden" : "active";
}

/** Who is who: persons by id as far as statements about faces depend on them. */
interface Directory {
  readonly resolve: ResolvePerson;
  /** First day of life as days since 1970-01-01; undefined when it is not known. */
  readonly bornOn: (personId: string) => number | undefined;
}

async function readDirectory(transaction: Transaction<Schema>): Promise<Directory> {
  const rows = await transaction
    .selectFrom("persons")
    .select(["id", "status", "mergedIntoId", "birthDate"])
    .execute();
  const persons = new Map(rows.map((row) => [row.id, row]));
  const resolve = (personId: string): string | undefined => {
    // A chain of mergers is no longer than there are persons.
    let person = persons.get(personId);
    for (let steps = 0; person?.status === "merged" && steps <= persons.size; steps++) {
      person = persons.get(person.mergedIntoId ?? "");
    }
    return person === undefined || person.status === "deleted" || person.status === "merged"
      ? undefined
      : person.id;
  };
  const bornOn = (personId: string) => {
    const birthDate = persons.get(personId)?.birthDate;
    return birthDate === null || birthDate === undefined
      ? undefined
      : Date.parse(`${birthDate}T00:00:00Z`) / 86_400_000;
  };
  return { resolve, bornOn };
}

/** Faces about which something is said that concerns these persons, or those merged into them. */
async function findFacesOf(
  transaction: Transaction<Schema>,
  personIds: readonly string[],
): Promise<readonly number[]> {
  if (personIds.length === 0) return [];
  const { rows } = await sql<{ id: number }>`
    with recursive who (id) as (
      select value from json_each(${JSON.stringify(personIds)})
      union
      select person_facts.person_id from person_facts join who on person_facts.value = who.id
      where person_facts.field = 'mergedInto'
    )
    select face_id as id from face_facts where value in (select id from who)
    union
    select id from faces where matched_person_id in (select id from who)
  `.execute(transaction);
  return rows.map(({ id }) => id);
}

async function findPhotosOf(
  transaction: Transaction<Schema>,
  personIds: readonly string[],
): Promise<readonly number[]> {
  if (personIds.length === 0) return [];
  const rows = await transaction
    .selectFrom("faces")
    .select("photoId")
    .distinct()
    .where("personId", "in", valueList(personIds))
    .execute();
  return rows.map(({ photoId }) => photoId);
}

/** A face of which something else holds now, and the persons who gained or lost it for certain. */
interface ChangedFace {
  readonly id: number;
  readonly photoId: number;
  readonly confirmedOf: readonly string[];
}

const VERDICT_COLUMNS = ["personId", "assignment", "state", "isIgnored", "isRemoved"] as const;

async function refreshFaces(
  transaction: Transaction<Schema>,
  faceIds: readonly number[],
  { resolve, bornOn }: Directory,
): Promise<readonly ChangedFace[]> {
  const faces = await transaction
    .selectFrom("faces")
    .innerJoin("photos", "photos.id", "faces.photoId")
    .select(["faces.id", "photoId", "origin", "matchedPersonId", "matchedSource", "takenDay"])
    .select(VERDICT_COLUMNS)
    .where("faces.id", "in", valueList(faceIds))
    .execute();
  const facts = await readFaceFacts(transaction, faceIds);
  const changed: (ChangedFace & { readonly verdict: FaceVerdict })[] = [];
  for (const face of faces) {
    const { id, photoId, origin, matchedPersonId, matchedSource, takenDay } = face;
    const match =
      matchedPersonId === null || matchedSource === null
        ? undefined
        : { personId: matchedPersonId, source: matchedSource };
    const verdict = foldFace(
      facts.get(id) ?? [],
      { isDrawn: origin === "drawn", match },
      resolve,
      (person) => takenDay >= (bornOn(person) ?? -Infinity),
    );
    if (VERDICT_COLUMNS.some((column) => face[column] !== verdict[column])) {
      const confirmedOf = [face, verdict].flatMap(({ state, personId }) =>
        state === "confirmed" && personId !== null ? [personId] : [],
      );
      changed.push({ id, photoId, verdict, confirmedOf });
    }
  }
  for (const same of Map.groupBy(changed, ({ verdict }) => JSON.stringify(verdict)).values()) {
    await transaction
      .updateTable("faces")
      .set(same[0]!.verdict)
      .where("id", "in", valueList(same.map(({ id }) => id)))
      .execute();
  }
  return changed;
}

async function readFaceFacts(transaction: Transaction<Schema>, faceIds: readonly number[]) {
  const rows = await transaction
    .selectFrom("faceFacts")
    .select(["faceId", "field", "value", "source"])
    .where("faceId", "in", valueList(faceIds))
    .where("isActive", "=", 1)
    .orderBy("decisionId")
    .orderBy("id")
    .execute();
  return Map.groupBy(rows as readonly SourcedFaceFact[], ({ faceId }) => faceId);
}
