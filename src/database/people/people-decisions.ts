import { type Insertable, type Selectable, sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { DecisionSource, PeopleDecision } from "../../core/people-decision.ts";
import type { Database } from "../database.ts";
import { appendDecision, type Decision } from "../decision-store.ts";
import type { DecisionsTable, FaceFactsTable, PersonFactsTable, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { type DecisionRoot, findRoot, UNDO } from "../undo-decision.ts";
import { checkDecision } from "./check-decision.ts";
import { DIVIDE, divideCluster, switchDivision, type ClusterDivision } from "./divide-cluster.ts";
import { type FaceFact, type Facts, type PersonFact, toFacts } from "./facts.ts";
import { refresh, type Refreshed } from "./refresh.ts";

/** Rows of one insert statement: well below SQLite's limit of 32,766 parameters. */
const INSERT_ROWS = 2000;

/** Who decides; names from metadata are decisions too, so that they can be undone. */
export interface DecisionContext {
  readonly actor: string;
  readonly source?: DecisionSource;
}

/** A decision that was carried out, and what it changed. */
export interface CarriedOut extends Refreshed {
  readonly decision: Decision;
}

/**
 * Carries out what humans decide about people and takes it back. Every decision is appended to the history in the same
 * transaction as its effect: both are there after a crash, or neither.
 */
export interface PeopleDecisions {
  /** Throws as `checkDecision` does; nothing has changed then. */
  decide(decision: PeopleDecision, context: DecisionContext): Promise<CarriedOut>;
  /**
   * Takes a decision back; taking back an undo brings the decision into force again. In any order; `conflict` with the
   * reason where something would be left without sense, `not_found` when it is none about people.
   */
  undo(decisionId: number, context: DecisionContext): Promise<CarriedOut>;
  /** Records that a human had a cluster divided, and divides it; undone as long as the parts are there. */
  splitCluster(division: ClusterDivision, context: DecisionContext): Promise<Decision>;
  /** Makes everything that derives from decisions anew from the history alone. */
  replay(): Promise<void>;
}

export interface PeopleDecisionsOptions {
  readonly database: Database;
  /** Told of photos whose people changed, inside the transaction. */
  readonly onPhotosChanged: (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;
}

export function createPeopleDecisions({
  database,
  onPhotosChanged,
}: PeopleDecisionsOptions): PeopleDecisions {
  const { writes } = database;

  async function settle(transaction: Transaction<Schema>, facts: Facts): Promise<Refreshed> {
    const refreshed = await refresh(transaction, {
      personIds: facts.persons.map(({ personId }) => personId),
      faceIds: facts.faces.map(({ faceId }) => faceId),
    });
    if (refreshed.photoIds.length > 0) await onPhotosChanged(transaction, refreshed.photoIds);
    return refreshed;
  }

  return {
    decide: (wanted, { actor, source = "human" }) =>
      writes.transaction().execute(async (transaction) => {
        const checked = await checkDecision(transaction, wanted);
        const { kind, ...payload } = checked;
        const facts = toFacts(checked);
        const inverse = await readFormer(transaction, facts);
        const decision = await appendDecision(transaction, {
          kind,
          actor,
          payload: source === "human" ? payload : { ...payload, source },
          inverse,
        });
        await insertFacts(transaction, decision.id, facts, source);
        return { decision, ...(await settle(transaction, facts)) };
      }),

    undo: (decisionId, { actor }) =>
      writes.transaction().execute(async (transaction) => {
        const root = await findPeopleRoot(transaction, decisionId);
        const decision = await appendDecision(transaction, {
          kind: UNDO,
          actor,
          payload: { decisionId, kind: root.kind },
          inverse: { undo: "this" },
          undoes: decisionId,
        });
        if (root.kind === DIVIDE) {
          await switchDivision(transaction, root, root.isActive);
          return { decision, personIds: [], faceIds: [], photoIds: [], remodelled: [] };
        }
        const facts = await switchFacts(transaction, root.id, !root.isActive);
        const refreshed = await settle(transaction, facts);
        await checkSense(transaction, facts);
        return { decision, ...refreshed };
      }),

    splitCluster: (division, { actor }) =>
      writes.transaction().execute(async (transaction) => {
        const inverse = { clusterId: division.clusterId };
        const decision = await appendDecision(transaction, {
          kind: DIVIDE,
          actor,
          payload: division,
          inverse,
        });
        await divideCluster(transaction, division, false);
        return decision;
      }),

    replay: () =>
      writes.transaction().execute(async (transaction) => {
        // What other decisions said of faces, such as names that a kept copy inherited, is in no payload: it stays.
        const ofPeople = transaction
          .selectFrom("decisions")
          .select("id")
          .where(({ eb, or }) => or([eb("kind", "like", "person.%"), eb("kind", "like", "face.%")]));
        await transaction.deleteFrom("personFacts").where("decisionId", "in", ofPeople).execute();
        await transaction.deleteFrom("faceFacts").where("decisionId", "in", ofPeople).execute();
        await replayFacts(transaction);
        await transaction.deleteFrom("persons").execute();
        const persons = await transaction.selectFrom("personFacts").select("personId").distinct().execute();
        const faces = await transaction.selectFrom("faces").select("id").execute();
        await refresh(transaction, {
          personIds: persons.map(({ personId }) => personId),
          faceIds: faces.map(({ id }) => id),
        });
      }),
  };
}

async function insertFacts(
  transaction: Transaction<Schema>,
  decisionId: number,
  { persons, faces }: Facts,
  source: DecisionSource,
  isActive = 1,
): Promise<void> {
  const personRows = persons.map((fact): Insertable<PersonFactsTable> => ({ decisionId, ...fact, isActive }));
  const faceRows = faces.map((fact): Insertable<FaceFactsTable> => ({
    decisionId,
    ...fact,
    source,
    isActive,
  }));
  for (let start = 0; start < personRows.length; start += INSERT_ROWS) {
    const rows = personRows.slice(start, start + INSERT_ROWS);
    await transaction.insertInto("personFacts").values(rows).execute();
  }
  for (let start = 0; start < faceRows.length; start += INSERT_ROWS) {
    const rows = faceRows.slice(start, start + INSERT_ROWS);
    await transaction.insertInto("faceFacts").values(rows).execute();
  }
}

/** What the touched fields held before: what the history shows, and what taking the decision back restores. */
async function readFormer(transaction: Transaction<Schema>, { persons, faces }: Facts) {
  const personRows = await transaction
    .selectFrom("persons")
    .selectAll()
    .where("id", "in", valueList(persons.map(({ personId }) => personId)))
    .execute();
  const faceRows = await transaction
    .selectFrom("faces")
    .select(["id", "personId", "state"])
    .where("id", "in", valueList(faces.map(({ faceId }) => faceId)))
    .execute();
  const byPerson = Map.groupBy(faceRows, ({ personId }) => personId);
  return {
    persons: personRows,
    faces: [...byPerson].map(([personId, rows]) => ({ personId, faceIds: rows.map(({ id }) => id) })),
  };
}

/** As any chain of undos is followed, but only to decisions about people. */
async function findPeopleRoot(transaction: Transaction<Schema>, decisionId: number): Promise<DecisionRoot> {
  const root = await findRoot(transaction, decisionId);
  if (/^(person|face|cluster)\./.test(root.kind)) return root;
  throw new KeepsightError("not_found", `Decision ${decisionId} is none about people.`);
}

async function switchFacts(
  transaction: Transaction<Schema>,
  decisionId: number,
  isActive: boolean,
): Promise<Facts> {
  const value = { isActive: isActive ? 1 : 0 };
  const persons = await transaction
    .updateTable("personFacts")
    .set(value)
    .where("decisionId", "=", decisionId)
    .returning(["personId", "field", "value"])
    .execute();
  const faces = await transaction
    .updateTable("faceFacts")
    .set(value)
    .where("decisionId", "=", decisionId)
    .returning(["faceId", "field", "value"])
    .execute();
  return { persons: persons as readonly PersonFact[], faces: faces as readonly FaceFact[] };
}

/** Refuses a state in which some statement speaks of a person who is not there. Names are unique by an index. */
async function checkSense(transaction: Transaction<Schema>, facts: Facts): Promise<void> {
  const spokenOf = new Set([
    ...facts.persons.flatMap(({ personId, field, value }) =>
      (field === "mergedInto" || field === "distinctFrom") && value !== null ? [personId, value] : [personId],
    ),
    ...facts.faces.flatMap(({ field, value }) =>
      (field === "person" || field === "rejected") && value !== null ? [value] : [],
    ),
  ]);
  const { rows } = await sql<{ decisionId: number; kind: string; name: string | null }>`
    with spoken (id) as (select value from json_each(${JSON.stringify([...spokenOf])})),
      gone (id) as (select id from spoken where id not in (select id from persons))
    select decisions.id as decision_id, decisions.kind,
      (select value from person_facts as names where names.person_id = facts.person_id and names.field = 'name'
        order by names.id desc limit 1) as name
    from (
      select decision_id, person_id from person_facts where is_active = 1 and person_id in (select id from gone)
      union
      select decision_id, value from person_facts
        where is_active = 1 and field in ('mergedInto', 'distinctFrom') and value in (select id from gone)
      union
      select decision_id, value from face_facts
        where is_active = 1 and field in ('person', 'rejected') and value in (select id from gone)
    ) as facts join decisions on decisions.id = facts.decision_id
    order by decisions.id desc limit 1
  `.execute(transaction);
  const [dependent] = rows;
  if (dependent !== undefined) {
    throw new KeepsightError(
      "conflict",
      `"${dependent.name ?? "This person"}" is still spoken of by decision ${dependent.decisionId} (${dependent.kind}): take that one back first.`,
    );
  }
  await checkNoCircle(transaction, [...spokenOf]);
}

/** Mergers brought back in another order could run in a circle. */
async function checkNoCircle(transaction: Transaction<Schema>, personIds: readonly string[]): Promise<void> {
  for (const start of personIds) {
    const seen = new Set<string>();
    let id: string | null = start;
    while (id !== null) {
      if (seen.has(id)) {
        throw new KeepsightError(
          "conflict",
          "This would merge persons in a circle: take the later merger back first.",
        );
      }
      seen.add(id);
      const row: { mergedIntoId: string | null } | undefined = await transaction
        .selectFrom("persons")
        .select("mergedIntoId")
        .where("id", "=", id)
        .executeTakeFirst();
      id = row?.mergedIntoId ?? null;
    }
  }
}

/** The statements of the whole history, those of decisions that were taken back switched off. */
async function replayFacts(transaction: Transaction<Schema>): Promise<void> {
  const rows = await transaction.selectFrom("decisions").selectAll().orderBy("id").execute();
  const undoneBy = new Map(
    rows.flatMap(({ id, undoes }) => (undoes === null ? [] : [[undoes, id] as const])),
  );
  const isInForce = (id: number): boolean => {
    const undo = undoneBy.get(id);
    return undo === undefined || !isInForce(undo);
  };
  for (const row of rows) {
    if (!/^(person|face)\./.test(row.kind)) continue;
    const { decision, source } = parseDecision(row);
    await insertFacts(transaction, row.id, toFacts(decision), source, isInForce(row.id) ? 1 : 0);
  }
}

function parseDecision({ kind, payload }: Selectable<DecisionsTable>) {
  const { source = "human", ...rest } = JSON.parse(payload) as Record<string, unknown> & {
    source?: DecisionSource;
  };
  return { decision: { kind, ...rest } as unknown as PeopleDecision, source };
}
