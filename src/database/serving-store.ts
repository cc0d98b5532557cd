import { sql } from "kysely";
import { NOT_WANTED, type Step } from "../core/photo-analysis.ts";
import type { Database } from "./database.ts";
import type { ServingModelsTable } from "./schema.ts";

/** What is compared by embeddings: whole photos (with their objects) by one model, faces by another. */
export type ServedKind = ServingModelsTable["ownerKind"];

/** The step that makes the embeddings of each kind. */
const STEP_OF: Readonly<Record<ServedKind, Step>> = { photo: "embeddings", face: "faces" };

/** Rows deleted in one transaction: the writer is free again after a few milliseconds. */
const DELETED_AT_ONCE = 500;

/** Which model's embeddings are searched, kept so that a restart in the middle of a change goes on. */
export interface ServingStore {
  read(): Promise<Readonly<Partial<Record<ServedKind, string>>>>;
  set(kind: ServedKind, modelId: string): Promise<void>;
  /**
   * Photos that the serving model finds and that are still to be done by the one that makes `stepModelId`. Those that
   * cannot be done are not counted: undecodable, failed for good, gone, hidden, or not wanted. Cost: one look at each photo.
   */
  countUncovered(
    kind: ServedKind,
    models: { readonly serving: string; readonly stepModelId: string },
  ): Promise<number>;
  /**
   * Deletes, a few at a time, what other models than the serving one made. Embeddings of faces stay where there is none of
   * the serving model: a face drawn by hand is in no step's results.
   */
  deleteOthers(kind: ServedKind, modelId: string): Promise<number>;
}

/** The store of serving models in this database. */
export function createServingStore({ database }: { readonly database: Database }): ServingStore {
  const { reads, writes } = database;
  return {
    async read() {
      const rows = await reads.selectFrom("servingModels").select(["ownerKind", "modelId"]).execute();
      return Object.fromEntries(rows.map(({ ownerKind, modelId }) => [ownerKind, modelId]));
    },
    async set(kind, modelId) {
      const values = { modelId, since: Date.now() };
      await writes
        .insertInto("servingModels")
        .values({ ownerKind: kind, ...values })
        .onConflict((conflict) => conflict.column("ownerKind").doUpdateSet(values))
        .execute();
    },
    async countUncovered(kind, { serving, stepModelId }) {
      // From the index alone: the rows themselves are kilobytes each.
      const photoIds =
        kind === "photo"
          ? sql`select owner_id as photo_id from embeddings where owner_kind = 'photo' and model_id = ${serving}`
          : sql`select distinct faces.photo_id from embeddings join faces on faces.id = owner_id
                where owner_kind = 'face' and embeddings.model_id = ${serving}`;
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from (${photoIds}) as served
        join photos on photos.id = served.photo_id
        left join photo_steps on photo_steps.photo_id = photos.id and photo_steps.step = ${STEP_OF[kind]}
        where photos.missing_since is null and photos.hidden_at is null and photos.status <> 'failed'
          and photo_steps.model_id is distinct from ${stepModelId}
          and (photo_steps.status is null or photo_steps.status <> 'failed')
          and photo_steps.error_code is distinct from ${NOT_WANTED}
          and not (exists (select 1 from jobs where photo_id = photos.id and state in ('failed', 'cancelled'))
            and not exists (select 1 from jobs where photo_id = photos.id and state in ('queued', 'running')))
      `.execute(reads);
      return rows[0]!.count;
    },
    async deleteOthers(kind, modelId) {
      const isReplaced =
        kind === "photo"
          ? sql`owner_kind in ('photo', 'object')`
          : sql`owner_kind = 'face' and exists (select 1 from embeddings as newer where newer.owner_kind = 'face'
                and newer.model_id = ${modelId} and newer.owner_id = embeddings.owner_id)`;
      for (let deleted = 0; ;) {
        const { numAffectedRows = 0n } = await sql`
          delete from embeddings where (owner_kind, model_id, owner_id) in (
            select owner_kind, model_id, owner_id from embeddings where ${isReplaced} and model_id <> ${modelId}
            limit ${DELETED_AT_ONCE})
        `.execute(writes);
        if (numAffectedRows === 0n) return deleted;
        deleted += Number(numAffectedRows);
      }
    },
  };
}
