import { locale, named, photos, plural } from "./words.ts";

/** Texts of the timeline, of the first visit and of adding photos. */
export const timelineStrings = {
  timeline: {
    title: "Photos",
    grid: "Your photos, newest first",
    dating: { file: "file date", mixed: "some by file date" },
    datingExplained: {
      file: "These photos do not record when they were taken: they stand at the date of their files.",
      mixed:
        "Some of these photos do not record when they were taken: they stand at the date of their files.",
    },
    scrubber: "Jump to a date",
    tools: "Size of photos",
    larger: "Larger photos",
    smaller: "Smaller photos",
  },
  selection: {
    photo: (name: string) => `Select ${name}`,
    day: (day: string) => `Select all of ${day}`,
    selected: (count: number) => `${count.toLocaleString(locale)} selected`,
    clear: "Clear selection",
    favourite: "Favourite",
    unfavourite: "Not a favourite",
    tags: "Tags…",
    tagsTitle: (count: number) => `Tags for ${photos(count)}`,
    tagLabel: "Tag",
    tagPlaceholder: "A word, such as holiday",
    tagAdd: "Put on",
    tagRemove: "Take off",
    album: "Album…",
    albumTitle: (count: number) => `Add ${photos(count)} to an album`,
    albumNew: "New album",
    albumName: "Title of the new album",
    albumCreate: "Make album",
    albumNone: "There are no albums yet.",
    albumPhotos: (count: number) => photos(count),
    download: "Download",
    downloadTooMany: (count: number) => `No more than ${photos(count)} fit into one download.`,
    downloading: (count: number, size: string) => `Downloading ${photos(count)} as one archive, ${size}`,
    downloadMissing: (count: number) =>
      `${plural(count, "original is", "originals are")} not there at the moment: a list is in the archive.`,
    hide: "Hide",
    hideTitle: (count: number) => `Hide ${photos(count)}?`,
    hideExplained:
      "They disappear from Keepsight; their files stay where they are, untouched. You can undo this.",
    done: {
      favourite: (count: number) => `${photos(count)} marked as favourite`,
      unfavourite: (count: number) => `${photos(count)} no longer favourite`,
      tagged: (count: number, tag: string) => `${named(tag)} put on ${photos(count)}`,
      untagged: (count: number, tag: string) => `${named(tag)} taken off ${photos(count)}`,
      inAlbum: (count: number, title: string) => `${photos(count)} added to ${named(title)}`,
      hidden: (count: number) => `${photos(count)} hidden`,
    },
  },
  welcome: {
    title: "See it all again",
    intro:
      "Point Keepsight at a folder of photos. It reads them where they are, changes nothing, and makes every photo findable by what is in it, what is written in it, and when and where it was taken.",
    dropTitle: "Or drop photos here",
    scanning: "Looking for photos…",
    left: (duration: string) => `${duration} left`,
    scanningNote: "The first ones appear in a moment.",
  },
  add: {
    title: "Add photos",
    folderTitle: "Add a folder",
    folderLabel: "Path of a folder on the machine that runs Keepsight",
    folderPlaceholder: "/home/you/Pictures",
    folderButton: "Add folder",
    folderNote: "It is scanned now and watched from then on. Originals are never changed.",
    added: "Looking for photos. They appear here as they are found.",
    filesTitle: "From this device",
    filesNote: "JPEG, PNG, WebP, AVIF, GIF, TIFF, HEIC and raw files",
    chooseFiles: "Choose files",
  },
  upload: {
    dropHint: "Drop to add to the library",
    progress: (done: number, total: number) =>
      `Uploading ${done.toLocaleString(locale)} of ${total.toLocaleString(locale)}`,
    finished: (accepted: number) => `${photos(accepted)} added`,
    duplicates: (n: number) => `${n.toLocaleString(locale)} already in the library`,
    rejected: (n: number) => `${n.toLocaleString(locale)} not accepted`,
    noPhotos: "There were no image files in what you dropped.",
    region: "Uploads",
  },
} as const;
