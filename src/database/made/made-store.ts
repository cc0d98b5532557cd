import { type Kysely, sql } from "kysely";
import type { AlbumSpace } from "../../core/album-space.ts";
import type { MadeDocument, MadePhoto, PhotoRef } from "../../core/made-document.ts";
import type { Database } from "../database.ts";
import { readLatestFacts } from "../decided/facts.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { findPhotos } from "./find-photos.ts";
import { type AutoAlbumShape, readAutoAlbumShapes, readMadeAutoAlbums } from "./read-auto-albums.ts";
import { readDistinctPersons, readMadeConcepts } from "./read-concepts.ts";
import { readMadeDuplicates } from "./read-duplicates.ts";

/** Photos read at a time. */
const PAGE = 500;

/** What humans said in a library, as an export holds it. */
export interface MadeStore {
  /** What was said of photos, some at a time: those of which something was said, or in which somebody was named. */
  photos(): AsyncGenerator<readonly (MadePhoto & { readonly photoId: number })[]>;
  persons(): Promise<MadeDocument["persons"]>;
  albums(): Promise<MadeDocument["albums"]>;
  categories(): Promise<MadeDocument["categories"]>;
  /** Names of deleted categories that no other has by now. */
  removedCategories(): Promise<readonly string[]>;
  concepts(): Promise<MadeDocument["concepts"]>;
  duplicates(): Promise<MadeDocument["duplicates"]>;
  autoAlbums(): Promise<MadeDocument["autoAlbums"]>;
  autoAlbumShapes(space: AlbumSpace): Promise<readonly AutoAlbumShape[]>;
  removedFolders(): Promise<readonly string[]>;
  distinctPersons(): Promise<MadeDocument["distinctPersons"]>;
  savedSearches(): Promise<MadeDocument["savedSearches"]>;
  decisions(): Promise<MadeDocument["decisions"]>;
  /** What was said of one photo so far. */
  saidOf(photoId: number): Promise<MadePhoto>;
  /** See {@link findPhotos}. */
  findPhotos(refs: readonly PhotoRef[]): Promise<readonly (number | undefined)[]>;
  findPhoto(ref: PhotoRef): Promise<number | undefined>;
  /** Of which photo each of these is a copy that was put out of sight. */
  copiesOf(photoIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
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
  /** JSON: names. */
  readonly notPersons: string;
}

/** Faces of which a human said who it is not. */
const REJECTED = sql`select face_id from face_facts where field = 'rejected' and is_active = 1`;

/** Decisions that put single photos out of sight; what a folder or a group of copies hides is said there. */
const HIDES_PHOTOS = sql`select id from decisions where kind in ('photo.hide', 'photo.update')`;

async function readFaces(reads: Kysely<Schema>, photoIds: readonly number[]) {
  const { rows } = await sql<FaceRow>`
    select photo_id, x, y, faces.width, faces.height, is_ignored, is_removed,
      case when state = 'confirmed' then persons.name end as name, (
        select json_group_array(distinct other.name order by other.name) from face_facts as fact
        join persons as said on said.id = fact.value
        join persons as other on other.id = coalesce(said.merged_into_id, said.id) and other.status in ('active', 'hidden')
        where fact.face_id = faces.id and fact.field = 'rejected' and fact.is_active = 1
          and not exists (select 1 from face_facts as later where later.face_id = faces.id and later.id > fact.id
            and later.field = 'person' and later.is_active = 1 and later.value = fact.value)) as not_persons
    from faces left join persons on persons.id = faces.person_id
    where photo_id in ${valueList(photoIds)}
      and ((state = 'confirmed' and persons.id is not null) or is_ignored = 1 or is_removed = 1
        or faces.id in (${REJECTED}))
    order by faces.id
  `.execute(reads);
  return Map.groupBy(rows, ({ photoId }) => photoId);
}

function toFace(row: FaceRow): MadePhoto["faces"][number] {
  const { x, y, width, height, name, isIgnored, isRemoved } = row;
  const said = name === null ? "open" : "confirmed";
  const state = isRemoved === 1 ? "removed" : isIgnored === 1 ? "ignored" : said;
  const notPersons = JSON.parse(row.notPersons) as string[];
  return { box: { x, y, width, height }, person: state === "confirmed" ? name : null, state, notPersons };
}

/** What was said of these photos, in their order. */
async function readSaid(reads: Kysely<Schema>, photoIds: readonly number[]) {
  const rows = await reads
    .selectFrom("photos")
    .select(["id", "imohash", "byteSize", "path"])
    .select(
      sql<number>`hidden_at is not null and (hidden_by is null or hidden_by in (${HIDES_PHOTOS}))`.as(
        "isHidden",
      ),
    )
    .where("id", "in", valueList(photoIds))
    .orderBy("id")
    .execute();
  const facts = await readLatestFacts(reads, "photo", photoIds.map(String));
  const faces = await readFaces(reads, photoIds);
  return rows.map(({ id, isHidden, imohash, byteSize, path }) => {
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
      ...(isHidden === 1 ? { isHidden: true as const } : {}),
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
        select id from photos where (hidden_at is not null and (hidden_by is null or hidden_by in (${HIDES_PHOTOS})))
          or id in (select cast(subject_id as integer) from library_facts where subject = 'photo' and is_active = 1)
          or id in (select photo_id from faces
            where (state = 'confirmed' and person_id is not null) or is_ignored = 1 or is_removed = 1
              or id in (${REJECTED}))
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
      const { rows } = await sql<{ name: string; former: string; description: string | null; tags: string }>`
        select name, description, (
          select json_group_array(distinct value) from library_facts where subject = 'category' and field = 'name'
            and is_active = 1 and subject_id = cast(categories.id as text) and lower(value) <> name_key) as former, (
          select json_group_array(tags.name order by tags.name_key) from category_tags
          join tags on tags.id = category_tags.tag_id where category_tags.category_id = categories.id) as tags
        from categories order by name_key
      `.execute(reads);
      return rows.map(({ former, tags, ...row }) => ({
        ...row,
        formerNames: JSON.parse(former) as string[],
        tags: JSON.parse(tags) as string[],
      }));
    },
    async removedCategories() {
      const { rows } = await sql<{ name: string }>`
        select distinct names.value as name from library_facts as names
        join library_facts as gone on gone.subject = 'category' and gone.subject_id = names.subject_id
          and gone.field = 'isDeleted' and gone.is_active = 1 and gone.value = '1'
        where names.subject = 'category' and names.field = 'name' and names.is_active = 1
          and lower(names.value) not in (select name_key from categories)
        order by 1
      `.execute(reads);
      return rows.map(({ name }) => name);
    },
    concepts: () => readMadeConcepts(reads, refs),
    duplicates: () => readMadeDuplicates(reads, refs),
    autoAlbums: () => readMadeAutoAlbums(reads, refs),
    autoAlbumShapes: (space) => readAutoAlbumShapes(reads, space),
    distinctPersons: () => readDistinctPersons(reads),
    async removedFolders() {
      const rows = await reads
        .selectFrom("folders")
        .select("path")
        .where("removedAt", "is not", null)
        .orderBy("path")
        .execute();
      return rows.map(({ path }) => path);
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
    findPhotos: (wanted) => findPhotos(reads, wanted),
    async findPhoto(ref) {
      const [found] = await findPhotos(reads, [ref]);
      return found;
    },
    async copiesOf(photoIds) {
      const rows = await reads
        .selectFrom("photos")
        .select(["id", "duplicateOf"])
        .where("id", "in", valueList(photoIds))
        .where("duplicateOf", "is not", null)
        .execute();
      return new Map(rows.map(({ id, duplicateOf }) => [id, duplicateOf!]));
    },
  };
}
