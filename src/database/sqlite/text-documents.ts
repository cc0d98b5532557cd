import { type Kysely, type RawBuilder, sql } from "kysely";
import { countryNames } from "../../core/country-names.ts";
import type { TextField } from "../../core/search-vocabulary.ts";
import type { Schema } from "../schema.ts";
import { splitFileName } from "./text-terms.ts";
import { valueList } from "./value-list.ts";

/** What can be searched in one photo: the pieces of each field as people wrote them. */
export interface TextDocument {
  readonly photoId: number;
  readonly fields: Readonly<Record<TextField, readonly string[]>>;
}

/** The text of a photo as it comes from the tables. */
interface DocumentRow {
  readonly id: number;
  readonly fileName: string;
  readonly title: string | null;
  readonly description: string | null;
  /** JSON arrays of strings. */
  readonly lines: string;
  /** The names of their categories too: whoever looks for food finds the cake. */
  readonly tags: string;
  readonly objects: string;
  readonly people: string;
  readonly city: string | null;
  readonly countryCode: string | null;
}

/** A row of {@link documentsQuery} as a document. */
export function toDocument(row: DocumentRow): TextDocument {
  return {
    photoId: row.id,
    fields: {
      text: JSON.parse(row.lines) as string[],
      tags: JSON.parse(row.tags) as string[],
      objects: JSON.parse(row.objects) as string[],
      people: JSON.parse(row.people) as string[],
      fileName: [splitFileName(row.fileName)],
      caption: [row.title, row.description].filter((text) => text !== null),
      place: [
        ...(row.city === null ? [] : [row.city]),
        ...(row.countryCode === null ? [] : countryNames(row.countryCode)),
      ],
    },
  };
}

/** The searchable text of these photos, from the tables, a row each; unknown ids are left out. */
export function documentsQuery(photoIds: readonly number[]): RawBuilder<DocumentRow> {
  return sql<DocumentRow>`
    select photos.id, photos.file_name as "fileName", photos.title, photos.description,
      (select json_group_array(text order by position) from text_lines where photo_id = photos.id) as lines,
      (select json_group_array(name) from (
        select tags.name from photo_tags join tags on tags.id = photo_tags.tag_id
          where photo_tags.photo_id = photos.id and photo_tags.source <> 'object'
        union select categories.name from photo_tags
          join category_tags on category_tags.tag_id = photo_tags.tag_id
          join categories on categories.id = category_tags.category_id
          where photo_tags.photo_id = photos.id)) as tags,
      (select json_group_array(distinct label) from objects where photo_id = photos.id) as objects,
      (select json_group_array(distinct persons.name) from faces join persons on persons.id = faces.person_id
        where faces.photo_id = photos.id) as people,
      places.name as city, photo_places.country_code as "countryCode"
    from photos
    left join photo_places on photo_places.photo_id = photos.id
    left join places on places.id = photo_places.place_id
    where photos.id in ${valueList(photoIds)}
  `;
}

/** The documents of these photos; unknown ids are left out. */
export async function readTextDocuments(
  db: Kysely<Schema>,
  photoIds: readonly number[],
): Promise<readonly TextDocument[]> {
  const { rows } = await documentsQuery(photoIds).execute(db);
  return rows.map(toDocument);
}
