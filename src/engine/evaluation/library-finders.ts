import { DUPLICATE_KINDS } from "../../core/duplicates.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Library } from "../library.ts";
import type { Finders } from "./evaluate-labels.ts";

/** Photos that one question is answered with at most. */
const DEPTH = 1000;

const PAGE = 100;

/** How the questions of labels are put to a library: what the search box and the filters give a user. */
export function createLibraryFinders(
  library: Pick<Library, "search" | "understand" | "photos" | "duplicates">,
): Finders {
  const { search, understand, photos, duplicates } = library;
  const list = async (filter: PhotoFilter) => {
    const { items } = await photos.list(filter, { sort: "newest", limit: DEPTH * 100, offset: 0 });
    return items.map(({ path }) => path);
  };
  return {
    async search(query, mode) {
      const { text, words, filter } = await understand(query);
      const { hits } = await search.search({ text, words, mode, filter, limit: DEPTH, offset: 0 });
      return hits.map(({ photo }) => photo.path);
    },
    async list(by, value) {
      if (by === "object") return list({ objects: [{ label: value }] });
      if (by === "person") return list({ persons: { all: [value] } });
      return list((await understand(value)).filter);
    },
    async groups() {
      const groups: (readonly string[])[] = [];
      for (let offset = 0; ; offset += PAGE) {
        const page = await duplicates.groups.list({
          state: "open",
          kinds: DUPLICATE_KINDS,
          sort: "newest",
          limit: PAGE,
          offset,
        });
        if (page.length === 0) return groups;
        const members = await duplicates.groups.members(page.map(({ id }) => id));
        for (const [, all] of Map.groupBy(members, ({ groupId }) => groupId))
          groups.push(all.map(({ photo }) => photo.path));
      }
    },
  };
}
