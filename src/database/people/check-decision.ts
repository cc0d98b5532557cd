import type { Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { PeopleDecision, PersonChanges } from "../../core/people-decision.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { cleanPersonName, toNameKey } from "./person-name.ts";

/**
 * Whether a decision can be carried out as things stand, with its names cleaned and what it inherits written into it.
 *
 * @throws KeepsightError `not_found` for unknown persons and faces, `conflict` where it contradicts what there is,
 *   `bad_request` for what makes no sense at any time. Nothing has changed then.
 */
export async function checkDecision(
  transaction: Transaction<Schema>,
  decision: PeopleDecision,
): Promise<PeopleDecision> {
  switch (decision.kind) {
    case "person.create":
      await checkIdIsNew(transaction, decision.personId);
      return { ...decision, name: await freeName(transaction, decision.name) };
    case "person.update": {
      await findLiving(transaction, [decision.personId]);
      return { ...decision, changes: await checkChanges(transaction, decision.personId, decision.changes) };
    }
    case "person.hide":
      await findLiving(transaction, decision.personIds);
      return decision;
    case "person.merge":
      return checkMerge(transaction, decision);
    case "person.split":
      return checkSplit(transaction, decision);
    case "person.delete":
      await findLiving(transaction, [decision.personId]);
      return decision;
    case "person.distinguish":
      await checkDistinguish(transaction, decision.personIds);
      return decision;
    case "face.assign": {
      await findFaces(transaction, decision.faceIds);
      if (decision.name !== undefined) {
        await checkIdIsNew(transaction, decision.personId);
        return { ...decision, name: await freeName(transaction, decision.name) };
      }
      await findLiving(transaction, [decision.personId]);
      return decision;
    }
    case "face.reject":
      await findLiving(transaction, [decision.personId]);
      await findFaces(transaction, decision.faceIds);
      return decision;
    case "face.ignore":
    case "face.restore":
    case "face.remove":
      await findFaces(transaction, decision.faceIds);
      return decision;
    case "face.draw":
      await findFaces(transaction, [decision.faceId]);
      return decision;
  }
}

/** A name that nobody has, cleaned. */
async function freeName(transaction: Transaction<Schema>, name: string, exceptId?: string): Promise<string> {
  const cleaned = cleanPersonName(name);
  const other = await transaction
    .selectFrom("persons")
    .select(["id", "name"])
    .where("nameKey", "=", toNameKey(cleaned))
    .where("status", "in", ["active", "hidden"])
    .$if(exceptId !== undefined, (query) => query.where("id", "!=", exceptId ?? ""))
    .executeTakeFirst();
  if (other === undefined) return cleaned;
  throw new KeepsightError(
    "conflict",
    `There is a person named "${other.name}" already (${other.id}): merge the two, or choose another name.`,
  );
}

/** An id means one person for ever, also one whose creation was taken back. */
async function checkIdIsNew(transaction: Transaction<Schema>, personId: string): Promise<void> {
  const used = await transaction
    .selectFrom("personFacts")
    .select("id")
    .where("personId", "=", personId)
    .limit(1)
    .executeTakeFirst();
  if (used === undefined) return;
  throw new KeepsightError("conflict", `The person id ${personId} is in use.`);
}

async function checkChanges(
  transaction: Transaction<Schema>,
  personId: string,
  changes: PersonChanges,
): Promise<PersonChanges> {
  if (Object.keys(changes).length === 0) {
    throw new KeepsightError("bad_request", "Nothing to change was given.");
  }
  const { name, birthDate, representativeFaceId } = changes;
  if (birthDate !== undefined && birthDate !== null) checkBirthDate(birthDate);
  if (representativeFaceId !== undefined && representativeFaceId !== null)
    await checkRepresentative(transaction, personId, representativeFaceId);
  if (name === undefined) return changes;
  return { ...changes, name: await freeName(transaction, name, personId) };
}

function checkBirthDate(birthDate: string): void {
  const time = Date.parse(`${birthDate}T00:00:00Z`);
  const isDate =
    !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === birthDate && time <= Date.now();
  if (isDate) return;
  throw new KeepsightError(
    "bad_request",
    `"${birthDate}" cannot be a birth date: write a day of the past as YYYY-MM-DD.`,
  );
}

async function checkRepresentative(transaction: Transaction<Schema>, personId: string, faceId: number) {
  const [face] = await findFaces(transaction, [faceId]);
  if (face?.personId === personId) return;
  throw new KeepsightError("conflict", `Face ${faceId} is not a face of this person.`);
}

async function checkMerge(
  transaction: Transaction<Schema>,
  decision: Extract<PeopleDecision, { kind: "person.merge" }>,
): Promise<PeopleDecision> {
  const { targetId } = decision;
  const sourceIds = [...new Set(decision.sourceIds)];
  if (sourceIds.length === 0) throw new KeepsightError("bad_request", "No persons to merge were given.");
  if (sourceIds.includes(targetId)) {
    throw new KeepsightError("bad_request", "A person cannot be merged into itself.");
  }
  const [target, ...sources] = await findLiving(transaction, [targetId, ...sourceIds]);
  const birthDate = sources.find((source) => source.birthDate !== null)?.birthDate;
  const inherits = target?.birthDate === null && typeof birthDate === "string";
  return { ...decision, sourceIds, ...(inherits ? { inherited: { birthDate } } : {}) };
}

async function checkSplit(
  transaction: Transaction<Schema>,
  decision: Extract<PeopleDecision, { kind: "person.split" }>,
): Promise<PeopleDecision> {
  const { personId, faceIds } = decision;
  await findLiving(transaction, [personId]);
  const faces = await findFaces(transaction, faceIds);
  const foreign = faces.filter((face) => face.personId !== personId);
  if (foreign.length > 0) {
    throw new KeepsightError("conflict", `These faces are not of this person: ${listIds(foreign)}.`);
  }
  const { count } = await transaction
    .selectFrom("faces")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("personId", "=", personId)
    .executeTakeFirstOrThrow();
  if (count === faces.length) {
    throw new KeepsightError(
      "conflict",
      "Splitting off every face would leave nobody: rename the person instead.",
    );
  }
  await checkIdIsNew(transaction, decision.newPersonId);
  return { ...decision, name: await freeName(transaction, decision.name) };
}

async function checkDistinguish(transaction: Transaction<Schema>, personIds: readonly [string, string]) {
  if (personIds[0] === personIds[1]) {
    throw new KeepsightError("bad_request", "A person cannot be distinguished from itself.");
  }
  await findLiving(transaction, personIds);
}

/** These persons in the order of the ids; all of them must be there, neither merged nor deleted. */
async function findLiving(transaction: Transaction<Schema>, personIds: readonly string[]) {
  const rows = await transaction
    .selectFrom("persons")
    .select(["id", "name", "status", "birthDate", "mergedIntoId"])
    .where("id", "in", valueList(personIds))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return personIds.map((personId) => {
    const person = byId.get(personId);
    if (person === undefined || person.status === "deleted") {
      throw new KeepsightError("not_found", `There is no person ${personId}.`);
    }
    if (person.status !== "merged") return person;
    throw new KeepsightError(
      "conflict",
      `"${person.name}" was merged into ${person.mergedIntoId ?? "another person"}: use that one, or undo the merger.`,
    );
  });
}

async function findFaces(transaction: Transaction<Schema>, faceIds: readonly number[]) {
  if (faceIds.length === 0) throw new KeepsightError("bad_request", "No faces were given.");
  const wanted = new Set(faceIds);
  const faces = await transaction
    .selectFrom("faces")
    .select(["id", "photoId", "personId"])
    .where("id", "in", valueList([...wanted]))
    .execute();
  if (faces.length === wanted.size) return faces;
  const known = new Set(faces.map(({ id }) => id));
  const missing = [...wanted].filter((id) => !known.has(id)).map((id) => ({ id }));
  throw new KeepsightError("not_found", `There are no such faces: ${listIds(missing)}.`);
}

/** Ids shown in an error message before the rest is only counted. */
const SHOWN_IDS = 5;

function listIds(rows: readonly { readonly id: number }[]): string {
  const shown = rows.slice(0, SHOWN_IDS).map(({ id }) => id);
  const rest = rows.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}
