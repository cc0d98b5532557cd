import { api } from "../api-client.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";

/** Asks for a photo's steps (all, or only those named) to run again; resolves to whether they are queued. */
export function reprocess(photoId: number, steps?: readonly string[]): Promise<boolean> {
  return attempt(() => api.reprocessPhoto(photoId, steps), strings.photo.queued);
}
