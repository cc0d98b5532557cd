import { sql } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { appendDecision, type Decision } from "./decision-store.ts";
import { appendUndo } from "./undo-decision.ts";

/** How a library did, as a JSON object, with when that was measured. */
export interface StoredEvaluation<Result> {
  readonly id: number;
  readonly evaluatedAt: number;
  readonly durationMs: number;
  readonly result: Result;
}

/** The grades of a library over time, newest first. */
export interface EvaluationStore<Result> {
  add(evaluation: Omit<StoredEvaluation<Result>, "id">): Promise<number>;
  get(id: number): Promise<StoredEvaluation<Result> | undefined>;
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<readonly StoredEvaluation<Result>[]>;
  count(): Promise<number>;
}

/** The store of evaluations in this database; whoever adds them says what a result is. */
export function createEvaluationStore<Result>({
  database,
}: {
  readonly database: Database;
}): EvaluationStore<Result> {
  const { reads, writes } = database;
  const read = ({
    result,
    ...row
  }: {
    id: number;
    evaluatedAt: number;
    durationMs: number;
    result: string;
  }) => ({
    ...row,
    result: JSON.parse(result) as Result,
  });
  return {
    async add({ result, ...values }) {
      const { id } = await writes
        .insertInto("evaluations")
        .values({ ...values, result: JSON.stringify(result) })
        .returning("id")
        .executeTakeFirstOrThrow();
      return id;
    },
    async get(id) {
      const row = await reads.selectFrom("evaluations").selectAll().where("id", "=", id).executeTakeFirst();
      return row && read(row);
    },
    async list({ limit, offset }) {
      const rows = await reads
        .selectFrom("evaluations")
        .selectAll()
        .orderBy("id", "desc")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(read);
    },
    async count() {
      const { count } = await reads
        .selectFrom("evaluations")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

/** Tags that humans put on photos in sight, those on most photos first. */
export async function readHumanTags(
  { reads }: Pick<Database, "reads">,
  limit: number,
): Promise<readonly { readonly name: string; readonly photoIds: readonly number[] }[]> {
  const { rows } = await sql<{ name: string; photoIds: string }>`
    select tags.name, json_group_array(photo_tags.photo_id) as photo_ids
    from photo_tags join tags on tags.id = photo_tags.tag_id join photos on photos.id = photo_tags.photo_id
    where photo_tags.source = 'human' and photos.hidden_at is null and photos.missing_since is null
    group by tags.id order by count(*) desc, tags.id limit ${limit}
  `.execute(reads);
  return rows.map(({ name, photoIds }) => ({ name, photoIds: JSON.parse(photoIds) as number[] }));
}

/** `kind` of a decision on a setting. */
export const SETTING_DECISION = "setting.change";

/** Settings that a human decided on: each change is a decision that can be taken back. */
export interface DecidedSettings {
  /** The latest value in force; undefined where none is. The caller checks the shape. */
  read(setting: string): Promise<unknown>;
  decide(setting: string, value: unknown, actor: string): Promise<Decision>;
  /** Takes a decision back, or an undo of one; `not_found` when it is none on a setting. */
  undo(decisionId: number, actor: string): Promise<Decision>;
}

/** The decided settings in this database. */
export function createDecidedSettings({ database }: { readonly database: Database }): DecidedSettings {
  const { reads, writes } = database;
  return {
    async read(setting) {
      const row = await reads
        .selectFrom("settingFacts")
        .select("value")
        .where("setting", "=", setting)
        .where("isActive", "=", 1)
        .orderBy("id", "desc")
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
    },
    decide: (setting, value, actor) =>
      writes.transaction().execute(async (transaction) => {
        const decision = await appendDecision(transaction, {
          kind: SETTING_DECISION,
          actor,
          payload: { setting, value },
          inverse: { undo: "this" },
        });
        await transaction
          .insertInto("settingFacts")
          .values({ decisionId: decision.id, setting, value: JSON.stringify(value) })
          .execute();
        return decision;
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const { decision, root } = await appendUndo(transaction, decisionId, actor);
        const { numUpdatedRows } = await transaction
          .updateTable("settingFacts")
          .set({ isActive: root.isActive ? 0 : 1 })
          .where("decisionId", "=", root.id)
          .executeTakeFirst();
        if (numUpdatedRows === 0n)
          throw new KeepsightError("not_found", `Decision ${decisionId} is none on a setting.`);
        return decision;
      }),
  };
}
