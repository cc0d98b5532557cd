import { basename } from "node:path";
import { type Kysely, sql } from "kysely";
import type { MadeDocument, MadePhoto, PhotoRef } from "../../core/made-document.ts";
import type { Database } from "../database.ts";
import { readLatestFacts } from "../decided/facts.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** Photos read at a time. */
const PAGE = 500;

/** What humans said in a library, as an export holds it. */
export interface MadeStore {
  /** What was said of photos, some at a time: those of which something was said, or in which somebody was named. */
  photos(): AsyncGenerator<readonly (MadePhoto & { readonly photoId: number })[]>;
  persons(): Promise<MadeDocument["persons"]>;
  albums(): Promise<MadeDocument["albums"]>;
  categories(): Promise<MadeDocument["categories"]>;
  savedSearches(): Promise<MadeDocument["savedSearches"]>;
  decisions(): Promise<MadeDocument["decisions"]>;
  /** What was said of one photo so far. */
  saidOf(photoId: number): Promise<MadePhoto>;
  /** The photo of this content, at this path where several have it; undefined when there is none. */
  findPhoto(ref: PhotoRef): Promise<number | undefined>;
}

interface FaceRow {
  readonly photoId: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly name: string | null;
  readonly isIgnored: number;
  readonly isRemoved: number;
}

async function readFaces(reads: Kysely<Schema>, photoIds: readonly number[]) {
  const { rows } = await sql<FaceRow>`
    select photo_id, x, y, faces.width, faces.height, is_ignored, is_removed,
      case when state = 'confirmed' then persons.name end as name
    from faces left join persons on persons.id = faces.person_id
    where photo_id in ${valueList(photoIds)}
      and ((state = 'confirmed' and persons.id is not null) or is_ignored = 1 or is_removed = 1)
    order by faces.id
  `.execute(reads);
  return Map.groupBy(rows, ({ photoId }) => photoId);
}

function toFace({ x, y, width, height, name, isIgnored, isRemoved }: FaceRow): MadePhoto["faces"][number] {
  const state = isRemoved === 1 ? "removed" : isIgnored === 1 ? "ignored" : "confirmed";
  return { box: { x, y, width, height }, person: state === "confirmed" ? name : null, state };
}

/** What was said of these photos, in their order. */
async function readSaid(reads: Kysely<Schema>, photoIds: readonly number[]) {
  const rows = await reads
    .selectFrom("photos")
    .select(["id", "imohash", "byteSize", "path", "hiddenAt"])
    .where("id", "in", valueList(photoIds))
    .orderBy("id")
    .execute();
  const facts = await readLatestFacts(reads, "photo", photoIds.map(String));
  const faces = await readFaces(reads, photoIds);
  return rows.map(({ id, hiddenAt, imohash, byteSize, path }) => {
    const said = facts.get(String(id)) ?? [];
    const find = (field: string) => said.find((fact) => fact.field === field)?.value;
    const [rating, title, description, favourite] = ["rating", "title", "description", "isFavourite"].map(
      find,
    );
    const tags = said.filter(({ field }) => field === "tag");
    return {
      photoId: id,
      imohash,
      byteSize,
      path,
      ...(typeof rating === "string" ? { rating: Number(rating) } : {}),
      ...(typeof title === "string" ? { title } : {}),
      ...(typeof description === "string" ? { description } : {}),
      ...(typeof favourite === "string" ? { isFavourite: favourite === "1" } : {}),
      ...(hiddenAt === null ? {} : { isHidden: true as const }),
      addTags: tags.flatMap(({ value }) => (value === null ? [] : [value])),
      removeTags: tags.flatMap(({ value, key }) => (value === null ? [key] : [])),
      faces: (faces.get(id) ?? []).map(toFace),
    };
  });
}

/** What humans said in this database. */
export function createMadeStore({ database }: { readonly database: Database }): MadeStore {
  const { reads } = database;

  async function refs(photoIds: readonly number[]): Promise<ReadonlyMap<number, PhotoRef>> {
    const rows = await reads
      .selectFrom("photos")
      .select(["id", "imohash", "byteSize", "path"])
      .where("id", "in", valueList(photoIds))
      .execute();
    return new Map(rows.map(({ id, ...ref }) => [id, ref]));
  }

  return {
    async *photos() {
      const { rows } = await sql<{ id: number }>`
        select id from photos where hidden_at is not null
          or id in (select cast(subject_id as integer) from library_facts where subject = 'photo' and is_active = 1)
          or id in (select photo_id from faces
            where (state = 'confirmed' and person_id is not null) or is_ignored = 1 or is_removed = 1)
        order by id
      `.execute(reads);
      for (let start = 0; start < rows.length; start += PAGE)
        yield await readSaid(
          reads,
          rows.slice(start, start + PAGE).map(({ id }) => id),
        );
    },
    async persons() {
      const rows = await reads
        .selectFrom("persons")
        .select(["name", "birthDate", "isHidden", "isFavourite"])
        .where("status", "in", ["active", "hidden"])
        .orderBy("nameKey")
        .execute();
      return rows.map((row) => ({
        ...row,
        isHidden: row.isHidden === 1,
        isFavourite: row.isFavourite === 1,
      }));
    },
    async albums() {
      const albums = await reads
        .selectFrom("albums")
        .selectAll()
        .where("kind", "=", "made")
        .where("isDeleted", "=", 0)
        .orderBy("id")
        .execute();
      const made: MadeDocument["albums"] = [];
      for (const { id, title, description, coverPhotoId } of albums) {
        const entries = await reads
          .selectFrom("albumPhotos")
          .select("photoId")
          .where("albumId", "=", id)
          .orderBy("photoId")
          .execute();
        const byId = await refs(entries.map(({ photoId }) => photoId));
        const cover = (coverPhotoId === null ? undefined : byId.get(coverPhotoId)) ?? null;
        made.push({ id, title, description, cover, photos: [...byId.values()] });
      }
      return made;
    },
    async categories() {
      const { rows } = await sql<{ name: string; description: string | null; tags: string }>`
        select name, description, (
          select json_group_array(tags.name order by tags.name_key) from category_tags
          join tags on tags.id = category_tags.tag_id where category_tags.category_id = categories.id) as tags
        from categories order by name_key
      `.execute(reads);
      return rows.map((row) => ({ ...row, tags: JSON.parse(row.tags) as string[] }));
    },
    savedSearches: () =>
      reads.selectFrom("savedSearches").select(["name", "query"]).orderBy("nameKey").execute(),
    async decisions() {
      const rows = await reads.selectFrom("decisions").selectAll().orderBy("id").execute();
      return rows.map(({ id, kind, actor, decidedAt, payload, undoes }) => ({
        id,
        kind,
        actor,
        decidedAt: new Date(decidedAt).toISOString(),
        payload: JSON.parse(payload) as unknown,
        undoes,
      }));
    },
    async saidOf(photoId) {
      const [said] = await readSaid(reads, [photoId]);
      return said!;
    },
    async findPhoto({ imohash, byteSize, path }) {
      const row = await reads
        .selectFrom("photos")
        .select("id")
        .where((eb) =>
          imohash === null
            ? eb("path", "=", path)
            : eb.and([eb("imohash", "=", imohash), eb("byteSize", "=", byteSize)]),
        )
        .orderBy((eb) => eb.case().when("path", "=", path).then(0).else(1).end())
        .orderBy((eb) => eb.case().when("fileName", "=", basename(path)).then(0).else(1).end())
        .orderBy("missingSince", (order) => order.asc().nullsFirst())
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },
  };
}
