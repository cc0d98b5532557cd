import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Something that a search may name, and on how many photos in sight it is. */
export interface CountedName {
  readonly kind: "tag" | "person" | "place" | "category" | "concept" | "object" | "camera";
  readonly name: string;
  readonly photos: number;
  /** Of a person: the face that was chosen, else the best. */
  readonly faceId: number | null;
}

/** In photos that are neither hidden nor missing: those that are stand in an index of their own. */
const inSight = (column: string) =>
  sql`${sql.ref(column)} not in (select id from photos where hidden_at is not null or missing_since is not null)`;

/**
 * Everything that a search may name and that is on some photo, each kind from its own index. The cost grows with the library:
 * some milliseconds for a small one, a second or two for a million photos.
 */
export async function readSuggestionNames({
  reads,
}: Pick<Database, "reads">): Promise<readonly CountedName[]> {
  const queries = [
    sql<CountedName>`select 'tag' as kind, tags.name, count(distinct photo_id) as photos, null as face_id
      from photo_tags join tags on tags.id = tag_id where ${inSight("photoTags.photoId")} group by tag_id`,
    sql<CountedName>`select 'person' as kind, persons.name, counted.photos, coalesce(
        (select id from faces where faces.id = representative_face_id and faces.person_id = persons.id),
        (select id from faces where faces.person_id = persons.id order by quality desc, id limit 1)) as face_id
      from (select person_id, count(distinct photo_id) as photos from faces
        where person_id is not null and ${inSight("faces.photoId")} group by person_id) as counted
      join persons on persons.id = counted.person_id where persons.status = 'active'`,
    sql<CountedName>`select 'place' as kind, max(places.name) as name, sum(counted.photos) as photos, null as face_id
      from (select place_id, count(*) as photos from photo_places
        where place_id is not null and ${inSight("photoPlaces.photoId")} group by place_id) as counted
      join places on places.id = counted.place_id group by places.search_name`,
    sql<CountedName>`select 'category' as kind, categories.name, count(distinct photo_id) as photos, null as face_id
      from categories join category_tags on category_id = categories.id join photo_tags using (tag_id)
      where ${inSight("photoTags.photoId")} group by categories.id`,
    sql<CountedName>`select 'concept' as kind, concepts.name, count(*) as photos, null as face_id
      from concept_photos join concepts on concepts.id = concept_id
      where concepts.kind = 'named' and section = 'strong' and ${inSight("conceptPhotos.photoId")} group by concept_id`,
    sql<CountedName>`select 'object' as kind, label as name, count(distinct photo_id) as photos, null as face_id
      from objects where ${inSight("objects.photoId")} group by label`,
    sql<CountedName>`select 'camera' as kind, camera_model as name, count(*) as photos, null as face_id
      from photos where camera_model is not null and ${inSight("photos.id")} group by camera_model`,
  ];
  const lists: CountedName[] = [];
  // One after the other: another reader stays free for whoever waits for an answer.
  for (const query of queries) lists.push(...(await query.execute(reads)).rows);
  return lists.toSorted((a, b) => b.photos - a.photos || (a.name < b.name ? -1 : 1));
}
