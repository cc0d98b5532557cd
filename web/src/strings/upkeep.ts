import { locale, named, photos, plural } from "./words.ts";

/** Texts of categories and of settings. */
export const upkeepStrings = {
  categories: {
    title: "Categories",
    intro:
      "A category is a set of tags. Changing one takes effect at once, without looking at a photo again.",
    create: "New category",
    name: "Name",
    tags: "Tags",
    tagsHint: "Separate tags by commas.",
    photos: (n: number) => photos(n),
    show: (name: string) => `Show photos of ${name}`,
    save: "Save",
    edit: "Change",
    editLabel: (name: string) => `Change ${name}`,
    remove: "Delete",
    removeLabel: (name: string) => `Delete ${name}`,
    created: (name: string) => `Category ${name} is there`,
    changed: (n: number) => `Changed; ${photos(n)} concerned`,
    removed: (name: string) => `Category ${name} deleted`,
    none: "There are no categories.",
  },
  concepts: {
    title: "Taught by you",
    intro:
      "What Keepsight learnt from your examples. To teach something, choose photos that show it in a search and press Teach.",
    none: "Nothing was taught yet.",
    learnt: (examples: number, counterexamples: number) =>
      counterexamples === 0
        ? plural(examples, "example", "examples")
        : `${plural(examples, "example", "examples")}, ${plural(counterexamples, "counterexample", "counterexamples")}`,
    found: (n: number) => `found in ${photos(n)}`,
    states: { "needs-examples": "waits for examples", "needs-model": "waits for a text-image model" },
    show: (name: string) => `Show photos of ${named(name)}`,
    remove: "Forget",
    removeLabel: (name: string) => `Forget ${named(name)}`,
    removed: (name: string) => `${named(name)} is forgotten`,
  },
  settings: {
    title: "Settings",
    intro: "Where photos come from, and what keeps the library in order.",
    folders: "Folders",
    foldersHint: "Originals stay where they are and are never changed.",
    folderStates: { followed: "Watched", paused: "Not watched", away: "Not there" },
    folderPhotos: (n: number) => photos(n),
    problems: (n: number) => plural(n, "file could not be read", "files could not be read"),
    pause: "Stop watching",
    resume: "Watch again",
    remove: "Remove",
    removeLabel: (path: string) => `Remove the folder ${path}`,
    removeTitle: "Remove this folder from the library?",
    removeExplained:
      "Its photos leave the library; the files stay untouched. Undo brings back exactly what was there.",
    removed: (n: number) => `Folder removed with ${photos(n)}`,
    upkeep: "Upkeep",
    upkeepHint: (hour: number) => `Every night at ${String(hour).padStart(2, "0")}:00.`,
    runNow: "Do it now",
    running: "Running in the background",
    never: "Not run yet",
    states: { running: "Running", done: "Done", skipped: "Skipped", failed: "Failed" },
    backups: "Backups",
    backupsHint: (directory: string) => `In ${directory}. “keepsight restore” brings one back.`,
    backup: "Back up now",
    backupStarted: "Writing a backup in the background",
    noBackup: "There is no backup yet.",
    backupOf: (count: number, decisions: number) =>
      `${photos(count)}, ${plural(decisions, "decision", "decisions")}`,
    removedPhotos: "Removed photos",
    removedHint: "Photos that were taken out of sight. Their files are untouched.",
    noRemoved: "Nothing was removed.",
    bringBack: "Bring back",
    bringBackLabel: (name: string) => `Bring back ${name}`,
    more: (n: number) => `${n.toLocaleString(locale)} more`,
  },
} as const;
