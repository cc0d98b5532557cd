import { sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import { LIBRARY_KINDS, type LibraryDecision } from "../../core/library-decision.ts";
import type { Database } from "../database.ts";
import { appendDecision, type Decision } from "../decision-store.ts";
import type { FactSubject, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { appendUndo } from "../undo-decision.ts";
import { applyAlbumFacts } from "./apply-album-facts.ts";
import { applyCategoryFacts } from "./apply-category-facts.ts";
import { applyHidden, applyPhotoFields, applyPhotoTags } from "./apply-photo-facts.ts";
import { checkLibraryDecision } from "./check-library-decision.ts";
import { insertLibraryFacts, type LibraryFact, switchLibraryFacts, toLibraryFacts } from "./facts.ts";

/** A decision that was carried out, and the photos of which something else holds now. */
export interface LibraryChange {
  readonly decision: Decision;
  readonly photoIds: readonly number[];
  /** Whether photos came into sight or went out of it. */
  readonly isSightChanged: boolean;
}

/**
 * Carries out what humans decide about photos, albums and categories and takes it back. Every decision is appended to the
 * history in the transaction of its effect.
 */
export interface LibraryDecisions {
  /** Throws as `checkLibraryDecision` does; nothing has changed then. */
  decide(decision: LibraryDecision, actor: string): Promise<LibraryChange>;
  /** Takes a decision back, or an undo of one; `conflict` where a name is in use by now. */
  undo(decisionId: number, actor: string): Promise<LibraryChange>;
  /** The id for the next category: never one that was used. */
  nextCategoryId(): Promise<number>;
}

export interface LibraryDecisionsOptions {
  readonly database: Database;
  /** Told of photos whose text changed, inside the transaction. */
  readonly onPhotosChanged: (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;
}

export function createLibraryDecisions({
  database,
  onPhotosChanged,
}: LibraryDecisionsOptions): LibraryDecisions {
  const { reads, writes } = database;

  async function settle(transaction: Transaction<Schema>, facts: readonly LibraryFact[]) {
    const photoIds = await applyFacts(transaction, facts);
    if (photoIds.length > 0) await onPhotosChanged(transaction, photoIds);
    return { photoIds, isSightChanged: facts.some(({ field }) => field === "isHidden") };
  }

  return {
    decide: (wanted, actor) =>
      writes.transaction().execute(async (transaction) => {
        const checked = await checkLibraryDecision(transaction, wanted);
        const { kind, ...payload } = checked;
        const facts = toLibraryFacts(checked, await readFormerTags(transaction, checked));
        const inverse = { undo: "this" };
        const decision = await appendDecision(transaction, { kind, actor, payload, inverse });
        await insertLibraryFacts(transaction, decision.id, facts);
        return { decision, ...(await settle(transaction, facts)) };
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const { decision, root } = await appendUndo(transaction, decisionId, actor);
        if (!LIBRARY_KINDS.test(root.kind)) {
          throw new KeepsightError(
            "not_found",
            `Decision ${decisionId} is none about photos, albums or categories.`,
          );
        }
        const facts = await switchLibraryFacts(transaction, root.id, !root.isActive);
        await checkNamesFree(transaction, facts);
        return { decision, ...(await settle(transaction, facts)) };
      }),
    async nextCategoryId() {
      const { rows } = await sql<{ id: number }>`
        select 1 + max(id) as id from (
          select max(id) as id from categories
          union all select max(cast(subject_id as integer)) from library_facts where subject = 'category')
      `.execute(reads);
      return rows[0]?.id ?? 1;
    },
  };
}

const idsOf = (facts: readonly LibraryFact[], subject: FactSubject, fields?: readonly string[]) => [
  ...new Set(
    facts
      .filter((fact) => fact.subject === subject && (fields === undefined || fields.includes(fact.field)))
      .map(({ subjectId }) => subjectId),
  ),
];

/** Makes everything anew that the statements speak of; gives the photos to which that makes a difference. */
async function applyFacts(
  transaction: Transaction<Schema>,
  facts: readonly LibraryFact[],
): Promise<readonly number[]> {
  const photoIds = idsOf(facts, "photo").map(Number);
  if (photoIds.length > 0) await applyPhotoFields(transaction, photoIds);
  const tagged = idsOf(facts, "photo", ["tag"]).map(Number);
  if (tagged.length > 0) await applyPhotoTags(transaction, tagged);
  const hidden = idsOf(facts, "photo", ["isHidden"]).map(Number);
  if (hidden.length > 0) await applyHidden(transaction, hidden);
  await applyAlbumFacts(transaction, idsOf(facts, "album"));
  const categoryIds = idsOf(facts, "category").map(Number);
  const recategorised = categoryIds.length === 0 ? [] : await applyCategoryFacts(transaction, categoryIds);
  return [...new Set([...photoIds, ...recategorised])];
}

async function readFormerTags(
  transaction: Transaction<Schema>,
  decision: LibraryDecision,
): Promise<readonly string[]> {
  if (decision.kind !== "category.update") return [];
  const rows = await transaction
    .selectFrom("categoryTags")
    .innerJoin("tags", "tags.id", "categoryTags.tagId")
    .select("tags.name")
    .where("categoryId", "=", decision.categoryId)
    .execute();
  return rows.map(({ name }) => name);
}

/** A category's name that comes back must not be another's by now. */
async function checkNamesFree(
  transaction: Transaction<Schema>,
  facts: readonly LibraryFact[],
): Promise<void> {
  const categoryIds = idsOf(facts, "category");
  const { rows } = await sql<{ name: string }>`
    with latest as (
      select subject_id, field, value, max(id) from library_facts
      where subject = 'category' and is_active = 1 and field in ('name', 'exists', 'isDeleted') group by subject_id, field
    ), living as (
      select names.subject_id, names.value as name from latest as names
      join latest as born on born.subject_id = names.subject_id and born.field = 'exists'
      where names.field = 'name' and not exists (
        select 1 from latest as gone
        where gone.subject_id = names.subject_id and gone.field = 'isDeleted' and gone.value = '1')
    )
    select one.name from living as one join living as other
      on lower(other.name) = lower(one.name) and other.subject_id <> one.subject_id
    where one.subject_id in ${valueList(categoryIds)} limit 1
  `.execute(transaction);
  if (rows[0] === undefined) return;
  throw new KeepsightError(
    "conflict",
    `There is another category "${rows[0].name}" by now: rename or delete that one first.`,
  );
}
