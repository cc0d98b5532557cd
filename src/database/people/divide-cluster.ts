import { sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";

/** `kind` of a decision to divide a cluster. */
export const DIVIDE = "cluster.split";

/** A cluster, and into which part each of its faces goes (null: into none). */
export interface ClusterDivision {
  readonly clusterId: string;
  readonly parts: readonly (readonly [faceId: number, partId: string | null])[];
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
