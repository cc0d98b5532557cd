import { type Kysely, sql } from "kysely";
import type { MadeDocument } from "../../core/made-document.ts";
import type { Schema } from "../schema.ts";
import type { ReadRefs } from "./read-refs.ts";

/** Concepts with what a human said of photos, by name. */
export async function readMadeConcepts(
  reads: Kysely<Schema>,
  refs: ReadRefs,
): Promise<MadeDocument["concepts"]> {
  const concepts = await reads
    .selectFrom("concepts")
    .select(["id", "kind", "name"])
    .orderBy("kind")
    .orderBy("nameKey")
    .execute();
  const examples = await reads
    .selectFrom("conceptExamples")
    .select(["conceptId", "photoId", "isExample"])
    .orderBy("photoId")
    .execute();
  const byId = await refs(examples.map(({ photoId }) => photoId));
  const byConcept = Map.groupBy(examples, ({ conceptId }) => conceptId);
  return concepts.map(({ id, kind, name }) => {
    const of = (wanted: number) =>
      (byConcept.get(id) ?? [])
        .filter(({ isExample }) => isExample === wanted)
        .flatMap(({ photoId }) => byId.get(photoId) ?? []);
    return { kind, name, examples: of(1), counterexamples: of(0) };
  });
}

/** Names of two persons each whom a human told apart. */
export async function readDistinctPersons(reads: Kysely<Schema>): Promise<MadeDocument["distinctPersons"]> {
  const { rows } = await sql<{ one: string; other: string }>`
    select distinct min(one.name, other.name) as one, max(one.name, other.name) as other from person_facts
    join persons as one on one.id = person_facts.person_id and one.status in ('active', 'hidden')
    join persons as other on other.id = person_facts.value and other.status in ('active', 'hidden')
    where field = 'distinctFrom' and is_active = 1 order by 1, 2
  `.execute(reads);
  return rows.map(({ one, other }) => [one, other]);
}
