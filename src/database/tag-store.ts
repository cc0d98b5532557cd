import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";
import { applyPhotoTags } from "./decided/apply-photo-facts.ts";
import { insertLibraryFacts, toLibraryFacts } from "./decided/facts.ts";
import { appendDecision } from "./decision-store.ts";
import type { Schema } from "./schema.ts";
import { startPatterns } from "./start-patterns.ts";
import type { TextIndex } from "./text-index.ts";

/** A tag and on how many photos in sight it is. */
export interface TagCount {
  readonly id: number;
  readonly name: string;
  readonly photos: number;
}

/** A named set of tags. */
export interface Category {
  readonly id: number;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Photos in sight that have one of the tags. */
  readonly photos: number;
}

/** Tags, object labels and categories, for lists and completion. */
export interface TagStore {
  /** Puts a human's tags on a photo and records the decision, both or neither. */
  decideTags(photoId: number, names: readonly string[], actor: string): Promise<void>;
  /** Tags that are on photos, most frequent first. */
  list(page: { readonly limit: number; readonly offset: number }): Promise<readonly TagCount[]>;
  /** Tags whose name, or a word of it, starts like `prefix` (case does not matter), most frequent first. */
  suggest(prefix: string, limit: number): Promise<readonly TagCount[]>;
  categories(): Promise<readonly Category[]>;
  /** Object labels and on how many photos in sight they are, most frequent first. */
  objectLabels(): Promise<readonly { label: string; photos: number }[]>;
}

function countTags(reads: Kysely<Schema>) {
  return reads
    .selectFrom("tags")
    .innerJoin("photoTags", "photoTags.tagId", "tags.id")
    .innerJoin("photos", "photos.id", "photoTags.photoId")
    .where("photos.hiddenAt", "is", null)
    .where("photos.missingSince", "is", null)
    .select((eb) => ["tags.id", "tags.name", eb.fn.count<number>("photos.id").distinct().as("photos")])
    .groupBy("tags.id")
    .orderBy("photos", "desc")
    .orderBy("tags.nameKey");
}

async function readCategories(reads: Kysely<Schema>): Promise<readonly Category[]> {
  const { rows } = await sql<{
    id: number;
    name: string;
    description: string | null;
    tags: string;
    photos: number;
  }>`
    select categories.id, categories.name, categories.description,
      (select json_group_array(tags.name order by tags.id) from category_tags
        join tags on tags.id = category_tags.tag_id where category_tags.category_id = categories.id) as tags,
      (select count(distinct photos.id) from category_tags
        join photo_tags on photo_tags.tag_id = category_tags.tag_id
        join photos on photos.id = photo_tags.photo_id
        where category_tags.category_id = categories.id
          and photos.hidden_at is null and photos.missing_since is null) as photos
    from categories order by categories.id
  `.execute(reads);
  return rows.map(({ description, tags, ...row }) => ({
    ...row,
    ...(description === null ? {} : { description }),
    tags: JSON.parse(tags) as string[],
  }));
}

/** The store of tags and categories in this database. */
export function createTagStore(options: {
  readonly database: Database;
  readonly textIndex: TextIndex;
}): TagStore {
  const { reads, writes } = options.database;
  return {
    async decideTags(photoId, names, actor) {
      await writes.transaction().execute(async (transaction) => {
        const tags = names.filter((name) => name.trim() !== "");
        const decision = await appendDecision(transaction, {
          kind: "photo.tag",
          actor,
          payload: { photoId, tags },
          inverse: { kind: "photo.untag", photoId, tags },
        });
        await insertLibraryFacts(
          transaction,
          decision.id,
          toLibraryFacts({ kind: "photo.tag", photoId, tags }),
        );
        await applyPhotoTags(transaction, [photoId]);
        await options.textIndex.update(transaction, [photoId]);
      });
    },
    list: ({ limit, offset }) => countTags(reads).limit(limit).offset(offset).execute(),
    suggest(prefix, limit) {
      const [start, inner] = startPatterns(prefix.trim().toLowerCase());
      return countTags(reads)
        .where(
          sql<boolean>`(tags.name_key like ${start} escape '\\' or tags.name_key like ${inner} escape '\\')`,
        )
        .limit(limit)
        .execute();
    },
    categories: () => readCategories(reads),
    objectLabels: () =>
      reads
        .selectFrom("objects")
        .innerJoin("photos", "photos.id", "objects.photoId")
        .where("photos.hiddenAt", "is", null)
        .where("photos.missingSince", "is", null)
        .select((eb) => ["objects.label", eb.fn.count<number>("photos.id").distinct().as("photos")])
        .groupBy("objects.label")
        .orderBy("photos", "desc")
        .orderBy("objects.label")
        .execute(),
  };
}
