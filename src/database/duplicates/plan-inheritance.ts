import { type Kysely, sql } from "kysely";
import { toBox } from "../../core/geometry.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { dotProduct } from "../../math/vector.ts";
import { fromEmbeddingBytes } from "../embedding-bytes.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** Overlap of their places, or similarity of their embeddings, from which two faces of copies are one. */
const SAME_PLACE = 0.5;
const SAME_FACE = 0.8;

/** One copy that stays and those that go. */
export interface KeptCopy {
  readonly keeperId: number;
  readonly loserIds: readonly number[];
}

/** What the keeper of a group gets of what a human, or the file, said of the losers and nobody of the keeper. */
export interface Inheritance {
  readonly tags: readonly string[];
  readonly faces: readonly { readonly faceId: number; readonly personId: string; readonly name: string }[];
  readonly albums: readonly { readonly albumId: string; readonly title: string }[];
  readonly rating?: number;
  readonly title?: string;
  readonly description?: string;
  readonly isFavourite: boolean;
}

interface FaceRow {
  readonly id: number;
  readonly photoId: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly state: string;
  readonly personId: string | null;
  readonly name: string | null;
  readonly modelId: string | null;
  readonly embedding: Uint8Array | null;
}

/** What each keeper is to inherit, in the order given. Six queries however many there are. */
export async function planInheritance(
  db: Kysely<Schema>,
  copies: readonly KeptCopy[],
): Promise<readonly Inheritance[]> {
  const photoIds = valueList(copies.flatMap(({ keeperId, loserIds }) => [keeperId, ...loserIds]));
  const photos = await db
    .selectFrom("photos")
    .select(["id", "rating", "title", "description", "isFavourite"])
    .where("id", "in", photoIds)
    .execute();
  const tags = await db
    .selectFrom("photoTags")
    .innerJoin("tags", "tags.id", "tagId")
    .select(["photoId", "nameKey", "name", "source"])
    .where("photoId", "in", photoIds)
    .orderBy("tags.id")
    .execute();
  const albums = await db
    .selectFrom("albumPhotos")
    .innerJoin("albums", "albums.id", "albumId")
    .select(["albumId", "photoId", "albums.title", "source"])
    .where("photoId", "in", photoIds)
    .orderBy("albums.createdAt")
    .execute();
  const { rows: faces } = await sql<FaceRow>`
    select faces.id, faces.photo_id, faces.x, faces.y, faces.width, faces.height, faces.state,
      faces.person_id, persons.name, embeddings.model_id, embeddings.embedding
    from faces
    left join persons on persons.id = faces.person_id
    left join embeddings on embeddings.owner_kind = 'face' and embeddings.owner_id = faces.id
    where faces.photo_id in ${photoIds} and faces.is_removed = 0
    order by faces.id
  `.execute(db);
  const photoOf = new Map(photos.map((photo) => [photo.id, photo]));
  const tagsOf = Map.groupBy(tags, ({ photoId }) => photoId);
  const albumsOf = Map.groupBy(albums, ({ photoId }) => photoId);
  const facesOf = Map.groupBy(faces, ({ photoId }) => photoId);
  return copies.map(({ keeperId, loserIds }) => {
    const gather = <T>(of: ReadonlyMap<number, readonly T[]>) => loserIds.flatMap((id) => of.get(id) ?? []);
    const losers = loserIds.flatMap((id) => photoOf.get(id) ?? []);
    const keeper = photoOf.get(keeperId);
    const rating = Math.max(0, ...losers.map((photo) => photo.rating ?? 0));
    const title = losers.find((photo) => photo.title !== null)?.title;
    const description = losers.find((photo) => photo.description !== null)?.description;
    return {
      tags: inheritTags(tagsOf.get(keeperId) ?? [], gather(tagsOf)),
      faces: inheritNames(facesOf.get(keeperId) ?? [], gather(facesOf)),
      albums: inheritAlbums(albumsOf.get(keeperId) ?? [], gather(albumsOf)),
      // Rejected (-1) is a verdict too and is not overruled.
      ...(rating > 0 && (keeper?.rating ?? 0) === 0 ? { rating } : {}),
      ...(title && keeper?.title === null ? { title } : {}),
      ...(description && keeper?.description === null ? { description } : {}),
      isFavourite: keeper?.isFavourite === 0 && losers.some((photo) => photo.isFavourite === 1),
    };
  });
}

interface TagRow {
  readonly nameKey: string;
  readonly name: string;
  readonly source: string;
}

/** What people and files said; what models find they find on the keeper themselves. */
function inheritTags(own: readonly TagRow[], others: readonly TagRow[]): readonly string[] {
  const known = new Set(own.filter(isSaid).map(({ nameKey }) => nameKey));
  const missing = others.filter((tag) => isSaid(tag) && !known.has(tag.nameKey));
  return [...new Map(missing.map(({ nameKey, name }) => [nameKey, name])).values()];
}

const isSaid = ({ source }: TagRow) => source === "human" || source === "metadata";

interface AlbumRow {
  readonly albumId: string;
  readonly title: string;
  readonly source: string;
}

function inheritAlbums(own: readonly AlbumRow[], others: readonly AlbumRow[]): Inheritance["albums"] {
  const known = new Set(own.map(({ albumId }) => albumId));
  const missing = others.filter(({ albumId, source }) => source === "human" && !known.has(albumId));
  return [...new Map(missing.map(({ albumId, title }) => [albumId, { albumId, title }])).values()];
}

/** Faces that a human named on a loser name the same face of the keeper, where nobody named that one. */
function inheritNames(own: readonly FaceRow[], others: readonly FaceRow[]): Inheritance["faces"] {
  const named = new Set(own.filter(isNamed).map(({ personId }) => personId));
  const free = new Set(own.filter((face) => face.state !== "confirmed"));
  const inherited: { faceId: number; personId: string; name: string }[] = [];
  for (const other of others.filter(isNamed)) {
    if (named.has(other.personId)) continue;
    const face = [...free].find((one) => isSameFace(one, other));
    if (face === undefined) continue;
    free.delete(face);
    named.add(other.personId);
    inherited.push({ faceId: face.id, personId: other.personId!, name: other.name ?? "" });
  }
  return inherited;
}

function isNamed({ state, personId }: FaceRow): boolean {
  return state === "confirmed" && personId !== null;
}

function isSameFace(a: FaceRow, b: FaceRow): boolean {
  if (intersectionOverUnion(toBox(a), toBox(b)) >= SAME_PLACE) return true;
  if (a.embedding === null || b.embedding === null || a.modelId !== b.modelId) return false;
  return dotProduct(fromEmbeddingBytes(a.embedding), fromEmbeddingBytes(b.embedding)) >= SAME_FACE;
}
