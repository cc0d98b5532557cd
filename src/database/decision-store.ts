import { type Kysely, type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import type { DecisionsTable, Schema } from "./schema.ts";
import { valueList } from "./sqlite/value-list.ts";
import { withoutNulls } from "./without-nulls.ts";

/** Something a human decided. */
export interface NewDecision {
  readonly kind: string;
  readonly actor: string;
  /** What was decided; anything JSON can hold. */
  readonly payload: unknown;
  /** What takes it back. */
  readonly inverse: unknown;
  /** Id of the decision that this one takes back. */
  readonly undoes?: number;
}

/** A decision as it was appended; it never changes. */
export interface Decision extends NewDecision {
  readonly id: number;
  readonly decidedAt: number;
}

/** The append-only history of human decisions. */
export interface DecisionStore {
  /** `conflict` when it undoes a decision that was undone before. */
  append(decision: NewDecision): Promise<Decision>;
  get(decisionId: number): Promise<Decision | undefined>;
  /** Newest first; of these kinds only where given. */
  list(options: {
    readonly kinds?: readonly string[];
    readonly limit: number;
    readonly offset: number;
  }): Promise<readonly Decision[]>;
  count(kinds?: readonly string[]): Promise<number>;
  /** Those of the decisions that some undo refers to; true while they are out of force by it. */
  undoneBy(decisionIds: readonly number[]): Promise<ReadonlyMap<number, boolean>>;
}

function toDecision(row: Selectable<DecisionsTable>): Decision {
  return {
    ...withoutNulls(row),
    payload: JSON.parse(row.payload) as unknown,
    inverse: JSON.parse(row.inverse) as unknown,
  };
}

/** Appends a decision, inside the transaction that carries it out where there is one. */
export async function appendDecision(
  writes: Kysely<Schema>,
  { kind, actor, payload, inverse, undoes }: NewDecision,
): Promise<Decision> {
  const row = await writes
    .insertInto("decisions")
    .values({
      kind,
      actor,
      decidedAt: Date.now(),
      payload: JSON.stringify(payload ?? null),
      inverse: JSON.stringify(inverse ?? null),
      undoes,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toDecision(row);
}

/** The store of decisions in this database. */
export function createDecisionStore({ database }: { readonly database: Database }): DecisionStore {
  const { reads, writes } = database;
  const ofKinds = (kinds?: readonly string[]) =>
    reads
      .selectFrom("decisions")
      .$if(kinds !== undefined, (query) => query.where("kind", "in", valueList(kinds ?? [])));
  return {
    append: (decision) => appendDecision(writes, decision),
    async get(decisionId) {
      const row = await reads
        .selectFrom("decisions")
        .selectAll()
        .where("id", "=", decisionId)
        .executeTakeFirst();
      return row === undefined ? undefined : toDecision(row);
    },
    async list({ kinds, limit, offset }) {
      const rows = await ofKinds(kinds)
        .selectAll()
        .orderBy("id", "desc")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(toDecision);
    },
    async undoneBy(decisionIds) {
      const { rows } = await sql<{ id: number; undos: number }>`
        with recursive chain (id, tip, undos) as (
          select decisions.undoes, decisions.id, 1 from decisions
          where decisions.undoes in ${valueList(decisionIds)}
          union all
          select chain.id, decisions.id, chain.undos + 1 from chain join decisions on decisions.undoes = chain.tip
        )
        select id, max(undos) as undos from chain group by id
      `.execute(reads);
      return new Map(rows.map(({ id, undos }) => [id, undos % 2 === 1]));
    },
    async count(kinds) {
      const { count } = await ofKinds(kinds)
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}
