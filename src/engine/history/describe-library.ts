import type { LibraryDecision } from "../../core/library-decision.ts";

const countPhotos = (count: number) => (count === 1 ? "1 photo" : `${count} photos`);

const WORDS: Readonly<Record<string, string>> = {
  isFavourite: "favourite",
  description: "caption",
  coverPhotoId: "cover",
  isHidden: "removed from the library",
};

/** What was decided about photos, albums and categories, in words for a person; undefined for anything else. */
export function describeLibrary(decision: LibraryDecision): string | undefined {
  switch (decision.kind) {
    case "photo.update": {
      const { addTags = [], removeTags = [], ...fields } = decision.changes;
      const parts = [
        ...(addTags.length > 0 ? [`tagged ${addTags.join(", ")}`] : []),
        ...(removeTags.length > 0 ? [`untagged ${removeTags.join(", ")}`] : []),
        ...toWords(fields),
      ];
      return `Changed ${countPhotos(decision.photoIds.length)}: ${parts.join(", ")}`;
    }
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

function toWords(fields: object): readonly string[] {
  return Object.keys(fields).map((field) => WORDS[field] ?? field);
}
