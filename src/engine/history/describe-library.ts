import type { LibraryDecision, PhotoChanges } from "../../core/library-decision.ts";

const countPhotos = (count: number) => (count === 1 ? "1 photo" : `${count} photos`);

/** Longer texts are cut in the history, UTF-16 code units. */
const LONGEST_QUOTE = 60;

const WORDS: Readonly<Record<string, string>> = { coverPhotoId: "cover" };

/** What was decided about photos, albums and categories, in words for a person; undefined for anything else. */
export function describeLibrary(decision: LibraryDecision): string | undefined {
  switch (decision.kind) {
    case "photo.update":
      return `Changed ${countPhotos(decision.photoIds.length)}: ${describeChanges(decision.changes).join(", ")}`;
    case "photo.tag":
      return `Tagged photo ${decision.photoId}: ${decision.tags.join(", ")}`;
    case "album.create":
      return `Made the album ${decision.title}`;
    case "album.update":
      return typeof decision.changes.title === "string"
        ? `Named an album ${decision.changes.title}`
        : `Changed an album: ${toWords(decision.changes).join(", ")}`;
    case "album.add":
      return `Put ${countPhotos(decision.photoIds.length)} into an album`;
    case "album.remove":
      return `Took ${countPhotos(decision.photoIds.length)} out of an album`;
    case "album.delete":
      return "Deleted an album";
    case "category.create":
      return `Added the category ${decision.name}`;
    case "category.update":
      return `Changed a category: ${toWords(decision.changes).join(", ")}`;
    case "category.delete":
      return "Deleted a category";
    default:
      return undefined;
  }
}

function describeChanges(changes: PhotoChanges): readonly string[] {
  const { addTags = [], removeTags = [], rating, isFavourite, title, description, isHidden } = changes;
  return [
    ...(addTags.length > 0 ? [`tagged ${addTags.join(", ")}`] : []),
    ...(removeTags.length > 0 ? [`untagged ${removeTags.join(", ")}`] : []),
    ...(rating === undefined ? [] : [describeStars(rating)]),
    ...(isFavourite === undefined ? [] : [isFavourite ? "favourite" : "no favourite any more"]),
    ...(title === undefined ? [] : [describeText("title", title)]),
    ...(description === undefined ? [] : [describeText("caption", description)]),
    ...(isHidden === undefined ? [] : ["removed from the library"]),
  ];
}

function describeStars(rating: number | null): string {
  if (rating === null) return "stars as the file says";
  return rating === 0 ? "no stars" : rating === 1 ? "1 star" : `${rating} stars`;
}

function describeText(field: string, text: string | null): string {
  if (text === null) return `${field} as the file says`;
  if (text === "") return `no ${field}`;
  const isLong = text.length > LONGEST_QUOTE;
  // Cut between characters, not within one.
  return `${field} “${
    isLong
      ? `${text
          .slice(0, LONGEST_QUOTE)
          .toWellFormed()
          .replace(/\ufffd$/, "")}…`
      : text
  }”`;
}

function toWords(fields: object): readonly string[] {
  return Object.keys(fields).map((field) => WORDS[field] ?? field);
}
