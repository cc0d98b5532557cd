import { type Kysely, sql } from "kysely";
import type { AlbumSpace } from "../../core/album-space.ts";
import type { MadeDocument } from "../../core/made-document.ts";
import { type LibraryFact, readLatestFacts } from "../decided/facts.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import type { ReadRefs } from "./read-refs.ts";

/** Photos by which an album is found again elsewhere: enough to tell it from its neighbours. */
const TYPICAL_PHOTOS = 50;

/** An auto-album as it is compared with those of an export. */
export interface AutoAlbumShape {
  readonly id: string;
  readonly space: AlbumSpace;
  readonly photoIds: readonly number[];
}

async function readMembers(reads: Kysely<Schema>, albumId: string, limit: number) {
  const { rows } = await sql<{ photoId: number }>`
    select photo_id, max(similarity) as typical from centroid_members where album_id = ${albumId}
    group by photo_id order by typical desc, photo_id limit ${limit}
  `.execute(reads);
  return rows.map(({ photoId }) => photoId);
}

const find = (facts: readonly LibraryFact[], field: string) =>
  facts.find((fact) => fact.field === field)?.value;

function photosOf(facts: readonly LibraryFact[], isIn: boolean): readonly number[] {
  return facts.flatMap(({ field, key, value }) =>
    field === "photo" && (value !== null) === isIn ? [Number(key)] : [],
  );
}

/** What a human said of auto-albums, with what is in them. */
export async function readMadeAutoAlbums(
  reads: Kysely<Schema>,
  refs: ReadRefs,
): Promise<MadeDocument["autoAlbums"]> {
  const albums = await reads
    .selectFrom("albums")
    .select(["id", "space"])
    .where("kind", "=", "auto")
    .orderBy("id")
    .execute();
  const latest = await readLatestFacts(
    reads,
    "album",
    albums.map(({ id }) => id),
  );
  const made: MadeDocument["autoAlbums"] = [];
  for (const { id, space } of albums) {
    const facts = latest.get(id);
    if (facts === undefined || space === null) continue;
    const members = await readMembers(reads, id, TYPICAL_PHOTOS);
    const [added, keptOut] = [photosOf(facts, true), photosOf(facts, false)];
    const cover = find(facts, "coverPhotoId");
    const byId = await refs([...members, ...added, ...keptOut, ...(cover ? [Number(cover)] : [])]);
    const toRefs = (photoIds: readonly number[]) => photoIds.flatMap((photoId) => byId.get(photoId) ?? []);
    const [coverRef] = cover ? toRefs([Number(cover)]) : [];
    const [title, description] = ["title", "description"].map((field) => find(facts, field));
    made.push({
      id,
      space,
      ...(typeof title === "string" ? { title } : {}),
      ...(description === undefined ? {} : { description }),
      ...(coverRef === undefined ? {} : { cover: coverRef }),
      ...(find(facts, "isDeleted") === "1" ? { isDeleted: true as const } : {}),
      added: toRefs(added),
      keptOut: toRefs(keptOut),
      photos: toRefs(members),
    });
  }
  return made;
}

/** The auto-albums of a space with all that their centroids draw together. */
export async function readAutoAlbumShapes(
  reads: Kysely<Schema>,
  space: AlbumSpace,
): Promise<readonly AutoAlbumShape[]> {
  const albums = await reads
    .selectFrom("albums")
    .select("id")
    .where("kind", "=", "auto")
    .where("space", "=", space)
    .orderBy("id")
    .execute();
  const members = await reads
    .selectFrom("centroidMembers")
    .select(["albumId", "photoId"])
    .distinct()
    .where("albumId", "in", valueList(albums.map(({ id }) => id)))
    .execute();
  const byAlbum = Map.groupBy(members, ({ albumId }) => albumId);
  return albums.map(({ id }) => ({
    id,
    space,
    photoIds: (byAlbum.get(id) ?? []).map(({ photoId }) => photoId),
  }));
}
