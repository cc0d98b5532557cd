import type { PhotoDetails } from "../../../src/api/photos.ts";
import { api, type PhotoChanges } from "../api-client.ts";
import { decide } from "../people/decide.ts";
import { strings } from "../strings.ts";

const { done } = strings.selection;

/** Changes one photo, as one decision with a way back; resolves to whether it worked. */
export async function changePhoto(photoId: number, changes: PhotoChanges, said: string): Promise<boolean> {
  const made = await decide(
    () => api.changePhotos([photoId], changes),
    () => said,
  );
  return made !== undefined;
}

/** Marks a photo as a favourite, or takes the mark away. */
export function toggleFavourite({ id, isFavourite }: PhotoDetails): Promise<boolean> {
  const said = isFavourite ? done.unfavourite : done.favourite;
  return changePhoto(id, { isFavourite: !isFavourite }, said(1));
}

/** Gives a photo 1 to 5 stars; as many as it has takes them away. */
export function rate({ id, metadata }: PhotoDetails, stars: number): Promise<boolean> {
  const rating = metadata.rating === stars ? 0 : stars;
  return changePhoto(id, { rating }, strings.photo.rated(rating));
}
