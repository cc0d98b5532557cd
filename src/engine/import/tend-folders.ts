import { stat } from "node:fs/promises";
import { KeepsightError } from "../../core/errors.ts";
import type { Folder, FolderStore } from "../../database/folder-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import {
  type PhotoVisibility,
  VISIBILITY_KINDS,
  type VisibilityChange,
} from "../../database/photo-visibility.ts";
import type { Undoer } from "../history/history.ts";
import type { LibraryEvents } from "../library-events.ts";
import type { LibraryFolders } from "./library-folders.ts";

/** A folder of the library, and how it stands with it. */
export interface TendedFolder extends Folder {
  /** `away`: there is no such folder at the moment, as when its drive is not connected. */
  readonly state: "followed" | "paused" | "away";
  /** In sight. */
  readonly photos: number;
  /** What the last scan could not read. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/** What a human does with the folders of a library; originals are never touched. */
export interface FolderTending {
  list(): Promise<readonly TendedFolder[]>;
  get(folderId: number): Promise<TendedFolder>;
  /** The photos of the folder go out of sight; can be taken back in the history. */
  remove(folderId: number, actor: string): Promise<VisibilityChange>;
  /** The folder is neither scanned nor watched until it is resumed; its photos stay. */
  pause(folderId: number): Promise<TendedFolder>;
  /** Gives the scan that finds out what happened meanwhile. */
  resume(folderId: number): Promise<number>;
  /** Gives the job; `conflict` for a folder that rests. */
  scan(folderId: number): Promise<number>;
  /** Takes back that photos or folders were removed. */
  readonly undoer: Undoer;
}

export interface FolderTendingOptions {
  readonly store: FolderStore;
  readonly folders: Pick<LibraryFolders, "follow" | "unfollow" | "problems">;
  readonly photos: Pick<PhotoStore, "count">;
  readonly visibility: PhotoVisibility;
  readonly events: LibraryEvents;
}

/** The folders of one library under a human's hand; unknown ones are `not_found`. */
export function createFolderTending(options: FolderTendingOptions): FolderTending {
  const { store, folders, photos, visibility, events } = options;

  async function find(folderId: number): Promise<Folder> {
    const folder = (await store.list()).find(({ id }) => id === folderId);
    if (folder !== undefined) return folder;
    throw new KeepsightError("not_found", `There is no folder ${folderId} in the library.`);
  }

  async function describe(folder: Folder): Promise<TendedFolder> {
    const isThere = await stat(folder.path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    return {
      ...folder,
      state: folder.pausedAt !== undefined ? "paused" : isThere ? "followed" : "away",
      photos: await photos.count({ folder: folder.path }),
      problems: folders.problems(folder.id),
    };
  }

  function publish({ photosChanged }: VisibilityChange, reason: "photos-added" | "photos-removed"): void {
    if (photosChanged > 0) events.publish({ type: "library", reason });
  }

  /** Watches what came back and leaves what went. */
  async function followChanges(before: readonly Folder[]): Promise<void> {
    const after = await store.list();
    const came = after.filter(
      ({ id, pausedAt }) => pausedAt === undefined && !before.some((one) => one.id === id),
    );
    const went = before.filter(({ id }) => !after.some((one) => one.id === id));
    for (const { id } of went) await folders.unfollow(id);
    for (const folder of came) await folders.follow(folder);
  }

  return {
    list: async () => Promise.all((await store.list()).map(describe)),
    get: async (folderId) => describe(await find(folderId)),
    async remove(folderId, actor) {
      const change = await visibility.removeFolder(folderId, actor);
      await folders.unfollow(folderId);
      publish(change, "photos-removed");
      return change;
    },
    async pause(folderId) {
      await store.setPaused(folderId, true);
      await folders.unfollow(folderId);
      return describe(await find(folderId));
    },
    async resume(folderId) {
      await store.setPaused(folderId, false);
      return folders.follow(await find(folderId));
    },
    async scan(folderId) {
      const folder = await find(folderId);
      if (folder.pausedAt === undefined) return folders.follow(folder);
      throw new KeepsightError("conflict", `The folder ${folder.path} rests: resume it first.`);
    },
    undoer: {
      kinds: VISIBILITY_KINDS,
      async undo(decisionId, actor) {
        const before = await store.list();
        const change = await visibility.undo(decisionId, actor);
        await followChanges(before);
        // What came back may have gone out again by an undo of the undo: whoever lists photos lists them anew.
        publish(change, "photos-added");
        return { decisionId: change.decision.id, facesChanged: 0 };
      },
    },
  };
}
