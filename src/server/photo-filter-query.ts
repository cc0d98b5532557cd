import type { PhotoFilter } from "../core/photo-filter.ts";
import { lastDayOf } from "../core/last-day-of.ts";
import type { PhotoFilterQuery } from "../api/photos.ts";

/** The first (or last) day that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` names. */
function toDay(date: string, isEnd: boolean): string {
  if (date.length === 4) return `${date}-${isEnd ? "12-31" : "01-01"}`;
  if (date.length === 7) return isEnd ? lastDayOf(date) : `${date}-01`;
  return date;
}

/** The engine's filter for the query parameters of a request. */
export function toPhotoFilter(query: PhotoFilterQuery): PhotoFilter {
  const {
    category,
    tag,
    object,
    person,
    personMode = "all",
    from,
    to,
    text,
    near,
    camera,
    format,
    status,
  } = query;
  const filter: { -readonly [Key in keyof PhotoFilter]: PhotoFilter[Key] } = {};
  if (category !== undefined) filter.categories = category;
  if (tag !== undefined) filter.tags = tag;
  if (object !== undefined) filter.objects = object;
  if (person !== undefined) filter.persons = { [personMode]: person };
  if (query.withoutPerson !== undefined)
    filter.persons = { ...filter.persons, none: [...(filter.persons?.none ?? []), ...query.withoutPerson] };
  if (query.place !== undefined) filter.places = query.place;
  if (query.concept !== undefined) filter.concepts = query.concept;
  if (query.album !== undefined) filter.albums = query.album;
  if (query.duplicates !== undefined) filter.duplicates = query.duplicates;
  if (from !== undefined) filter.takenFrom = toDay(from, false);
  if (to !== undefined) filter.takenTo = toDay(to, true);
  if (text !== undefined) filter.textContains = text;
  if (near !== undefined) filter.near = near;
  if (camera !== undefined) filter.cameras = [camera];
  if (format !== undefined) filter.formats = format;
  if (status !== undefined) filter.statuses = status;
  if (query.hasFaces !== undefined) filter.hasFaces = query.hasFaces;
  if (query.hasText !== undefined) filter.hasText = query.hasText;
  if (query.hasGps !== undefined) filter.hasGps = query.hasGps;
  if (query.folder !== undefined) filter.folder = query.folder;
  if (query.minRating !== undefined) filter.minRating = query.minRating;
  if (query.isFavourite !== undefined) filter.isFavourite = query.isFavourite;
  return filter;
}
