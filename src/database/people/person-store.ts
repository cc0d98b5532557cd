import { type ExpressionBuilder, type Kysely, type Selectable, sql } from "kysely";
import type { Database } from "../database.ts";
import { foldText } from "../fold-text.ts";
import type { PersonsTable, PersonStatus, Schema } from "../schema.ts";
import { startPatterns } from "../start-patterns.ts";
import { valueList } from "../sqlite/value-list.ts";
import { type WithoutNulls, withoutNulls } from "../without-nulls.ts";
import { toNameKey } from "./person-name.ts";

/** A person with how many faces and photos show it. */
export interface Person extends Omit<WithoutNulls<Selectable<PersonsTable>>, "nameKey" | "searchName"> {
  readonly faceCount: number;
  /** Photos in sight. */
  readonly photoCount: number;
  /** Faces that a human confirmed. */
  readonly confirmedCount: number;
  /** The face to show: the one that was chosen, else the best; absent without faces. */
  readonly coverFaceId?: number;
}

/** Which persons, and in which order. `photos`: most photos first, favourites before all others. */
export interface PersonPage {
  readonly statuses: readonly PersonStatus[];
  /** Part of the name; case and diacritics do not matter. */
  readonly search?: string;
  readonly sort: "photos" | "name" | "newest";
  readonly limit: number;
  readonly offset: number;
}

/** Persons as they stand; they change by decisions only. */
export interface PersonStore {
  list(page: PersonPage): Promise<{ readonly items: readonly Person[]; readonly total: number }>;
  get(personId: string): Promise<Person | undefined>;
  /** Active or hidden, in any case. */
  findByName(name: string): Promise<Person | undefined>;
  /** Everybody who is active, with how many faces. */
  names(): Promise<readonly { readonly id: string; readonly name: string; readonly faceCount: number }[]>;
  /** Those of these persons who are active. */
  activeNames(personIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** How many faces each of these persons has; who has none is left out. */
  faceCounts(personIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The face to show of each of these persons that has one. */
  covers(personIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The last name of everybody there ever was, by id. */
  allNames(): Promise<ReadonlyMap<string, string>>;
  /** Who a person is now, after all mergers; undefined when nobody. */
  resolve(personId: string): Promise<string | undefined>;
  /** Pairs that a human told apart, each once. */
  distinctPairs(): Promise<readonly (readonly [string, string])[]>;
  counts(): Promise<Readonly<Record<PersonStatus, number>>>;
  /** Active persons whose name has a word that starts like this, with their photos in sight, most photos first. */
  suggest(prefix: string, limit: number): Promise<readonly { name: string; photos: number }[]>;
}

/** Faces in photos that are neither hidden nor missing: those that are stand in an index of their own. */
const IN_SIGHT = sql<boolean>`faces.photo_id not in (
  select id from photos where hidden_at is not null or missing_since is not null)`;

function ofPerson(eb: ExpressionBuilder<Schema, "persons">) {
  return eb.selectFrom("faces").whereRef("faces.personId", "=", "persons.id");
}

/** The face to show: the one that was chosen as long as it is the person's, else the best. */
function coverFace(eb: ExpressionBuilder<Schema, "persons">) {
  return eb.fn.coalesce(
    ofPerson(eb).select("faces.id").whereRef("faces.id", "=", "persons.representativeFaceId"),
    ofPerson(eb).select("faces.id").orderBy("faces.quality", "desc").orderBy("faces.id").limit(1),
  );
}

/** Persons that somebody may be shown, with what they have. */
function withCounts(reads: Kysely<Schema>) {
  return reads
    .selectFrom("persons")
    .selectAll("persons")
    .select((eb) => [
      ofPerson(eb)
        .select((faces) => faces.fn.countAll<number>().as("count"))
        .as("faceCount"),
      ofPerson(eb)
        .where("faces.state", "=", "confirmed")
        .select((faces) => faces.fn.countAll<number>().as("count"))
        .as("confirmedCount"),
      ofPerson(eb)
        .where(IN_SIGHT)
        .select((faces) => faces.fn.count<number>("faces.photoId").distinct().as("count"))
        .as("photoCount"),
      coverFace(eb).as("coverFaceId"),
    ]);
}

type CountedRow = Awaited<ReturnType<ReturnType<typeof withCounts>["executeTakeFirstOrThrow"]>>;

function toPerson(row: CountedRow): Person {
  return withoutNulls({
    id: row.id,
    name: row.name,
    status: row.status,
    mergedIntoId: row.mergedIntoId,
    birthDate: row.birthDate,
    isHidden: row.isHidden,
    isFavourite: row.isFavourite,
    representativeFaceId: row.representativeFaceId,
    coverFaceId: row.coverFaceId,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    faceCount: row.faceCount ?? 0,
    photoCount: row.photoCount ?? 0,
    confirmedCount: row.confirmedCount ?? 0,
  });
}

/** The store of persons in this database. */
export function createPersonStore({ database }: { readonly database: Database }): PersonStore {
  const { reads } = database;

  const chosen = ({ statuses, search }: Pick<PersonPage, "statuses" | "search">) =>
    reads
      .selectFrom("persons")
      .where("status", "in", valueList(statuses))
      .$if(search !== undefined && search.trim() !== "", (query) => {
        const [start, inner] = startPatterns(foldText((search ?? "").trim()));
        return query.where(
          sql<boolean>`(search_name like ${start} escape '\\' or search_name like ${inner} escape '\\')`,
        );
      });

  return {
    async list(page) {
      const { total } = await chosen(page)
        .select((eb) => eb.fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow();
      const { rows } = await sql<{ id: string }>`
        select persons.id from persons
        left join (select person_id, count(*) as faces from faces where person_id is not null group by person_id) as counted
          on counted.person_id = persons.id
        where persons.id in (${chosen(page).select("persons.id")})
        order by ${ORDERS[page.sort]}
        limit ${page.limit} offset ${page.offset}
      `.execute(reads);
      const ids = rows.map(({ id }) => id);
      const people = await withCounts(reads).where("persons.id", "in", valueList(ids)).execute();
      const byId = new Map(people.map((row) => [row.id, toPerson(row)]));
      return { items: ids.flatMap((id) => byId.get(id) ?? []), total };
    },
    async get(personId) {
      const row = await withCounts(reads).where("persons.id", "=", personId).executeTakeFirst();
      return row && toPerson(row);
    },
    async findByName(name) {
      const row = await withCounts(reads)
        .where("nameKey", "=", toNameKey(name.normalize("NFC").replace(/\s+/gu, " ").trim()))
        .where("status", "in", ["active", "hidden"])
        .executeTakeFirst();
      return row && toPerson(row);
    },
    names: () =>
      reads
        .selectFrom("persons")
        .leftJoin("faces", "faces.personId", "persons.id")
        .where("status", "=", "active")
        .select((eb) => ["persons.id", "persons.name", eb.fn.count<number>("faces.id").as("faceCount")])
        .groupBy("persons.id")
        .execute(),
    async activeNames(personIds) {
      const rows = await reads
        .selectFrom("persons")
        .select(["id", "name"])
        .where("id", "in", valueList(personIds))
        .where("status", "=", "active")
        .execute();
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    async faceCounts(personIds) {
      const rows = await reads
        .selectFrom("faces")
        .select((eb) => ["personId", eb.fn.countAll<number>().as("count")])
        .where("personId", "in", valueList(personIds))
        .groupBy("personId")
        .execute();
      return new Map(rows.map(({ personId, count }) => [personId ?? "", count]));
    },
    async covers(personIds) {
      const rows = await reads
        .selectFrom("persons")
        .select((eb) => ["id", coverFace(eb).as("coverFaceId")])
        .where("id", "in", valueList(personIds))
        .execute();
      return new Map(
        rows.flatMap(({ id, coverFaceId }) => (coverFaceId === null ? [] : [[id, coverFaceId] as const])),
      );
    },
    async allNames() {
      const { rows } = await sql<{ id: string; name: string }>`
        select person_id as id, value as name from person_facts
        where id in (select max(id) from person_facts where field = 'name' group by person_id)
      `.execute(reads);
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    async resolve(personId) {
      const { rows } = await sql<{ id: string }>`
        with recursive who (id, depth) as (
          select ${personId}, 0
          union all
          select persons.merged_into_id, depth + 1 from persons join who on persons.id = who.id
          where persons.status = 'merged' and depth < 1000
        )
        select persons.id from who join persons on persons.id = who.id where persons.status in ('active', 'hidden')
      `.execute(reads);
      return rows[0]?.id;
    },
    async distinctPairs() {
      const rows = await reads
        .selectFrom("personFacts")
        .select(["personId", "value"])
        .where("field", "=", "distinctFrom")
        .where("isActive", "=", 1)
        .execute();
      return rows.map(({ personId, value }) => [personId, value ?? ""] as const);
    },
    async counts() {
      const rows = await reads
        .selectFrom("persons")
        .select((eb) => ["status", eb.fn.countAll<number>().as("count")])
        .groupBy("status")
        .execute();
      const none = { active: 0, hidden: 0, merged: 0, deleted: 0 };
      return { ...none, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
    },
    async suggest(prefix, limit) {
      const [start, inner] = startPatterns(foldText(prefix.trim()));
      return reads
        .selectFrom("persons")
        .innerJoin("faces", "faces.personId", "persons.id")
        .where("persons.status", "=", "active")
        .where(IN_SIGHT)
        .where(sql<boolean>`(search_name like ${start} escape '\\' or search_name like ${inner} escape '\\')`)
        .select((eb) => ["persons.name", eb.fn.count<number>("faces.photoId").distinct().as("photos")])
        .groupBy("persons.id")
        .orderBy("photos", "desc")
        .orderBy("persons.searchName")
        .limit(limit)
        .execute();
    },
  };
}

const ORDERS = {
  photos: sql`persons.is_favourite desc, coalesce(counted.faces, 0) desc, persons.search_name, persons.id`,
  name: sql`persons.search_name, persons.id`,
  newest: sql`persons.created_at desc, persons.id`,
} as const;
