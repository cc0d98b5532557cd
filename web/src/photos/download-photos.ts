import { api, downloadUrl, originalUrl } from "../api-client.ts";
import { formatBytes } from "../format.ts";
import { attempt, notify } from "../state/notices.ts";
import { photoSequence } from "../state/photo-sequence.ts";
import { strings } from "../strings.ts";

/** The API takes so many photos for one archive. */
const MAX_PHOTOS = 100_000;

/** Has the browser save the originals: one as it is, several as one archive. */
export async function downloadPhotos(ids: readonly number[]): Promise<void> {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) {
    save(originalUrl({ id }), photoSequence.peek()?.find(id)?.fileName ?? "");
    return;
  }
  if (ids.length > MAX_PHOTOS) {
    notify(strings.selection.downloadTooMany(MAX_PHOTOS), true);
    return;
  }
  await attempt(async () => {
    const download = await api.prepareDownload(ids);
    save(downloadUrl(download.id), "");
    notify(strings.selection.downloading(download.fileCount, formatBytes(download.byteSize)));
    if (download.missingCount > 0) notify(strings.selection.downloadMissing(download.missingCount), true);
  });
}

/** Without a name the server gives one. */
function save(href: string, fileName: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = fileName;
  link.click();
}
