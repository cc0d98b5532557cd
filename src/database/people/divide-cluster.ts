import { sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** `kind` of a decision to divide a cluster. */
export const DIVIDE = "cluster.split";

/** A cluster, and into which part each of its faces goes (null: into none). */
export interface ClusterDivision {
  readonly clusterId: string;
  readonly parts: readonly (readonly [faceId: number, partId: string | null])[];
}

/**
 * Refuses to put together what was divided further since, or to divide anew what is divided in another way by now: faces
 * would be left in parts of parts that nobody knows.
 */
async function checkUndivided(
  transaction: Transaction<Schema>,
  clusterIds: readonly string[],
  decisionId: number,
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    with recursive chain (id, tip, undos) as (
      select id, id, 0 from decisions
      where kind = ${DIVIDE} and id <> ${decisionId} and payload ->> 'clusterId' in ${valueList(clusterIds)}
      union all
      select chain.id, decisions.id, undos + 1 from chain join decisions on decisions.undoes = chain.tip
    )
    select id from chain group by id having max(undos) % 2 = 0 order by id desc limit 1
  `.execute(transaction);
  if (rows[0] === undefined) return;
  throw new KeepsightError(
    "conflict",
    `Faces of this cluster were divided by decision ${rows[0].id} too: take that one back first.`,
  );
}

/** Takes the division of a decision back, or carries it out again. Throws as {@link divideCluster} does. */
export async function switchDivision(
  transaction: Transaction<Schema>,
  { id, payload }: { readonly id: number; readonly payload: string },
  isUndo: boolean,
): Promise<void> {
  const division = JSON.parse(payload) as ClusterDivision;
  const parts = new Set(division.parts.flatMap(([, partId]) => partId ?? []));
  await checkUndivided(transaction, isUndo ? [...parts] : [division.clusterId], id);
  await divideCluster(transaction, division, isUndo);
}

/**
 * Divides the cluster, or with `isUndo` puts the parts together again. Clusters are an algorithm's and made anew from time to
 * time, so only faces that are still where the division expects them move; `conflict` when none is.
 */
export async function divideCluster(
  transaction: Transaction<Schema>,
  { clusterId, parts }: ClusterDivision,
  isUndo: boolean,
): Promise<void> {
  const moves = parts.map(([faceId, partId]) =>
    isUndo ? [faceId, partId, clusterId] : [faceId, clusterId, partId],
  );
  const { numAffectedRows } = await sql`
    update faces set cluster_id = move.value ->> 2
    from json_each(${JSON.stringify(moves)}) as move
    where faces.id = move.value ->> 0 and faces.cluster_id is move.value ->> 1
  `.execute(transaction);
  if (numAffectedRows !== undefined && numAffectedRows > 0n) return;
  throw new KeepsightError(
    "conflict",
    `The faces of ${clusterId} were clustered anew since: there is nothing left to divide or put together.`,
  );
}
