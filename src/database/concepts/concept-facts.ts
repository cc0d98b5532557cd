import { sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { ConceptDecision, ConceptKind } from "../../core/concept-decision.ts";
import { cleanPersonName, toNameKey } from "../people/person-name.ts";
import type { ConceptFactsTable, Schema } from "../schema.ts";

/** The smallest statement about a concept: the latest one of each field (and photo) that is in force counts. */
type ConceptFact = Omit<ConceptFactsTable, "id" | "decisionId" | "isActive" | "photoId" | "value"> & {
  readonly photoId: number | null;
  readonly value: string | null;
};

/** The statements that a decision makes. */
export function toConceptFacts(decision: ConceptDecision): readonly ConceptFact[] {
  const { conceptId } = decision;
  const fact = (field: ConceptFact["field"], value: string | null, photoId: number | null = null) => ({
    conceptId,
    field,
    photoId,
    value,
  });
  const examplesOf = (examples: Extract<ConceptDecision, { kind: "concept.teach" }>["examples"]) =>
    examples.map(({ photoId, isExample }) =>
      fact("example", isExample === null ? null : isExample ? "1" : "0", photoId),
    );
  switch (decision.kind) {
    case "concept.create":
      return [
        fact("exists", decision.conceptKind),
        fact("name", decision.name),
        ...examplesOf(decision.examples),
      ];
    case "concept.rename":
      return [fact("name", decision.name)];
    case "concept.teach":
      return examplesOf(decision.examples);
    case "concept.delete":
      return [fact("isDeleted", "1")];
  }
}

/** A concept as the statements in force make it; undefined where it is not there. */
interface FoldedConcept {
  readonly kind: ConceptKind;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly examples: ReadonlyMap<number, boolean>;
}

async function foldFacts(
  transaction: Transaction<Schema>,
  conceptId: string,
): Promise<FoldedConcept | undefined> {
  const facts = await transaction
    .selectFrom("conceptFacts")
    .innerJoin("decisions", "decisions.id", "conceptFacts.decisionId")
    .select(["conceptFacts.field", "conceptFacts.photoId", "conceptFacts.value", "decisions.decidedAt"])
    .where("conceptId", "=", conceptId)
    .where("isActive", "=", 1)
    .orderBy("conceptFacts.id")
    .execute();
  const born = facts.find(({ field }) => field === "exists");
  const name = facts.findLast(({ field }) => field === "name")?.value;
  const isDeleted = facts.some(({ field }) => field === "isDeleted");
  if (born === undefined || name === undefined || name === null || isDeleted) return undefined;
  const examples = new Map<number, boolean>();
  for (const { field, photoId, value } of facts) {
    if (field !== "example" || photoId === null) continue;
    if (value === null) examples.delete(photoId);
    else examples.set(photoId, value === "1");
  }
  return {
    kind: born.value as ConceptKind,
    name,
    createdAt: born.decidedAt,
    updatedAt: Math.max(...facts.map(({ decidedAt }) => decidedAt)),
    examples,
  };
}

/** What makes a concept's name unique: case does not matter, nor do spaces. */
export function toConceptKey(name: string): string {
  return toNameKey(name.trim().replaceAll(/\s+/g, " "));
}

/** A name as it is kept. Throws `bad_request` where nothing is left of it. */
export function cleanConceptName(name: string): string {
  return cleanPersonName(name);
}

/**
 * Makes a concept's rows anew from the statements in force; gives the photos whose tags changed by it. What follows from the
 * examples is left as it is until it is learnt again. Throws `conflict` where another one has the name.
 */
export async function refreshConcept(
  transaction: Transaction<Schema>,
  conceptId: string,
): Promise<readonly number[]> {
  const former = await transaction
    .selectFrom("concepts")
    .select(["kind", "name"])
    .where("id", "=", conceptId)
    .executeTakeFirst();
  const concept = await foldFacts(transaction, conceptId);
  const untagged =
    former?.kind === "named" && former.name !== concept?.name
      ? await removeTags(transaction, former.name)
      : [];
  if (concept === undefined) {
    await transaction.deleteFrom("concepts").where("id", "=", conceptId).execute();
    return untagged;
  }
  const { examples, ...columns } = concept;
  const values = { ...columns, nameKey: toConceptKey(concept.name) };
  await checkNameFree(transaction, conceptId, values);
  await transaction
    .insertInto("concepts")
    .values({ id: conceptId, ...values })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
    .execute();
  await transaction.deleteFrom("conceptExamples").where("conceptId", "=", conceptId).execute();
  const rows = [...examples].map(([photoId, isExample]) => ({ photoId, isExample: isExample ? 1 : 0 }));
  await sql`
    insert into concept_examples (concept_id, photo_id, is_example)
    select ${conceptId}, photos.id, wanted.value ->> 'isExample'
    from json_each(${JSON.stringify(rows)}) as wanted join photos on photos.id = wanted.value ->> 'photoId'
  `.execute(transaction);
  return untagged;
}

async function checkNameFree(
  transaction: Transaction<Schema>,
  conceptId: string,
  { kind, name, nameKey }: { readonly kind: ConceptKind; readonly name: string; readonly nameKey: string },
): Promise<void> {
  const other = await transaction
    .selectFrom("concepts")
    .select("name")
    .where("kind", "=", kind)
    .where("nameKey", "=", nameKey)
    .where("id", "<>", conceptId)
    .executeTakeFirst();
  if (other === undefined) return;
  throw new KeepsightError(
    "conflict",
    `There is a concept "${other.name}" already; "${name}" needs another name.`,
  );
}

async function removeTags(transaction: Transaction<Schema>, name: string): Promise<readonly number[]> {
  const rows = await transaction
    .deleteFrom("photoTags")
    .where("source", "=", "concept")
    .where("tagId", "in", (eb) => eb.selectFrom("tags").select("id").where("nameKey", "=", toTagKey(name)))
    .returning("photoId")
    .execute();
  return rows.map(({ photoId }) => photoId);
}

/** What tells tags apart, as in the table of tags. */
export function toTagKey(name: string): string {
  return name.trim().toLowerCase();
}
