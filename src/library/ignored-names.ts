/** Folders of other programs that hold thumbnails, trash or software, never photos; lower case. */
const JUNK_FOLDERS: ReadonlySet<string> = new Set([
  "@eadir",
  "#recycle",
  "#snapshot",
  "$recycle.bin",
  "system volume information",
  "lost+found",
  "node_modules",
  "__macosx",
]);

/** True for names that a scan passes over: hidden files and folders, and the working folders of other programs. */
export function isIgnoredName(name: string, includeHidden: boolean): boolean {
  return (!includeHidden && name.startsWith(".")) || JUNK_FOLDERS.has(name.toLowerCase());
}
