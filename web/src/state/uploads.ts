import { signal } from "@preact/signals";
import { api } from "../api-client.ts";
import { strings } from "../strings.ts";
import { notify } from "./notices.ts";
import { toApiError } from "./resource.ts";

/** How the current upload goes. */
export interface Upload {
  readonly total: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly fileName: string; readonly reason: string }[];
}

/** The current or last upload; undefined when there is none to show. */
export const upload = signal<Upload | undefined>(undefined);

/** Files in one request: the API's limit. */
const BATCH = 64;
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|gif|tiff?|hei[cf]|dng|cr[23w]|nef|arw|raf|orf|rw2|pef|srw)$/i;

let pending: File[] = [];
let isRunning = false;

/** Uploads image files, 64 at a time, after those already waiting. */
export async function uploadFiles(files: readonly File[]): Promise<void> {
  const images = files.filter((file) => file.type.startsWith("image/") || IMAGE_NAME.test(file.name));
  if (images.length === 0) return notify(strings.upload.noPhotos, true);
  const current = isRunning ? upload.peek() : undefined;
  upload.value = {
    total: (current?.total ?? 0) + images.length,
    accepted: current?.accepted ?? 0,
    duplicates: current?.duplicates ?? 0,
    rejected: current?.rejected ?? [],
  };
  pending.push(...images);
  if (isRunning) return;
  isRunning = true;
  while (pending.length > 0) await uploadNext();
  isRunning = false;
}

async function uploadNext(): Promise<void> {
  const batch = pending.slice(0, BATCH);
  pending = pending.slice(BATCH);
  let answered = 0;
  try {
    await api.upload(batch, (result) => {
      answered++;
      const old = upload.peek()!;
      if (result.status === "accepted") upload.value = { ...old, accepted: old.accepted + 1 };
      else if (result.status === "duplicate") upload.value = { ...old, duplicates: old.duplicates + 1 };
      else reject([{ name: result.fileName }], result.reason ?? strings.common.failed);
    });
    reject(batch.slice(answered), strings.common.failed);
  } catch (error) {
    reject(batch.slice(answered), toApiError(error).message);
  }
}

function reject(files: readonly { readonly name: string }[], reason: string): void {
  const old = upload.peek()!;
  const added = files.map((file) => ({ fileName: file.name, reason }));
  upload.value = { ...old, rejected: [...old.rejected, ...added] };
}

/** The files of a drop, those inside dropped folders included. */
export async function filesOfDrop(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  return (await Promise.all(entries.map(filesOfEntry))).flat();
}

async function filesOfEntry(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader answers in portions, and with an empty one at the end.
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return files;
    for (const child of portion) files.push(...(await filesOfEntry(child)));
  }
}
