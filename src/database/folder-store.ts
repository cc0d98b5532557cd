/** A folder of the library. */
export interface Folder {
  readonly id: number;
  readonly path: string;
}

/** The folders a library watches. */
export interface FolderStore {
  /** Adds the folder, or takes back its removal. */
  add(path: string): Promise<Folder>;
  /** Folders that were not removed, by path. */
  list(): Promise<readonly Folder[]>;
  /** The library no longer looks there; its photos stay known. */
  remove(folderId: number): Promise<void>;
}
