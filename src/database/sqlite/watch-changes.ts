import type { DatabaseSync } from "node:sqlite";
import type { ChangeLog, NameTable } from "./change-log.ts";

/**
 * Tables whose rows belong to a photo, and the column that says to which. Every change of a row counts, so that a filter may look
 * at any column; but of faces only these, since clustering writes to all of them.
 */
const PHOTO_TABLES: readonly {
  readonly table: string;
  readonly photoId: string;
  readonly columns?: string;
}[] = [
  { table: "photos", photoId: "id" },
  { table: "photo_tags", photoId: "photo_id" },
  { table: "objects", photoId: "photo_id" },
  { table: "faces", photoId: "photo_id", columns: "photo_id, person_id, is_removed" },
  { table: "text_lines", photoId: "photo_id" },
  { table: "photo_places", photoId: "photo_id" },
  { table: "album_photos", photoId: "photo_id" },
  { table: "concept_photos", photoId: "photo_id" },
];

/** Tables of names with the columns by which filters look photos up. */
const NAME_COLUMNS: Readonly<Record<NameTable, readonly string[]>> = {
  tags: ["id", "name_key"],
  categories: ["id", "name_key"],
  category_tags: ["category_id", "tag_id"],
  persons: ["id", "search_name"],
  places: ["id", "search_name"],
  albums: ["id", "title", "is_deleted"],
  concepts: ["id", "name_key", "kind"],
};

function createTrigger(name: string, event: string, call: string, when = ""): string {
  return `create temp trigger "watch_${name}" after ${event} ${when} begin select ${call}; end;`;
}

function photoTriggers({ table, photoId, columns }: (typeof PHOTO_TABLES)[number]): readonly string[] {
  const update = columns === undefined ? "update" : `update of ${columns}`;
  const [noteOld, noteNew] = [`note_photo(old.${photoId})`, `note_photo(new.${photoId})`];
  return [
    createTrigger(`${table}_insert`, `insert on main.${table}`, noteNew),
    createTrigger(`${table}_delete`, `delete on main.${table}`, noteOld),
    createTrigger(`${table}_update`, `${update} on main.${table}`, `${noteOld}, ${noteNew}`),
  ];
}

function nameTriggers([table, columns]: readonly [string, readonly string[]]): readonly string[] {
  const call = `note_names('${table}')`;
  // Written with the same values for every photo of a place.
  const isOther = `when ${columns.map((column) => `old.${column} is not new.${column}`).join(" or ")}`;
  return [
    createTrigger(`${table}_insert`, `insert on main.${table}`, call),
    createTrigger(`${table}_delete`, `delete on main.${table}`, call),
    createTrigger(`${table}_update`, `update of ${columns.join(", ")} on main.${table}`, call, isOther),
  ];
}

/**
 * Has everything that this connection writes, and that a filter of photos looks at, noted in the log, by triggers that are the
 * connection's own. To be called outside of transactions, once the schema is there.
 */
export function watchChanges(connection: DatabaseSync, log: ChangeLog): void {
  connection.function("note_photo", (id) => {
    log.note(id as number);
    return null;
  });
  connection.function("note_names", (table) => {
    log.noteNames(table as NameTable);
    return null;
  });
  const triggers = [
    ...PHOTO_TABLES.flatMap(photoTriggers),
    ...Object.entries(NAME_COLUMNS).flatMap(nameTriggers),
  ];
  connection.exec(triggers.join("\n"));
  log.keep();
}
