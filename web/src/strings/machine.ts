import { photos, plural } from "./words.ts";

/** Texts of the first visit about the machine, its folders, and how long photos take. */
export const machineStrings = {
  browse: {
    open: "Browse…",
    close: "Close the list of folders",
    list: (path: string) => `Folders in ${path}`,
    up: "Up",
    into: (name: string) => `Open the folder ${name}`,
    none: "There are no folders in here.",
    photosHere: (n: number) => `${photos(n)} in here`,
  },
  outlook: {
    counting: "Counting photos…",
    none: "There are no photos in this folder.",
    found: (n: number, size: string) => `${photos(n)} (${size})`,
    foundSoFar: (n: number) => `More than ${photos(n)}`,
    measuring: "Trying a few of them to see how long that takes…",
    takes: (duration: string) => `${duration} on this machine`,
    takesMore: (duration: string) => `${duration} and more on this machine`,
    meanwhile: "Each one can be found as soon as it is done, and you can close this page meanwhile.",
  },
  machine: {
    title: "This machine",
    cores: (n: number) => plural(n, "processor core", "processor cores"),
    memory: (size: string) => `${size} of memory`,
    disk: (size: string) => `${size} free for previews and what is found`,
    atOnce: (n: number) => `Looks at ${photos(n)} at a time.`,
    sees: "What it sees in photos",
    missing: "Not yet",
    offer: (size: string) => `Download the rest (${size})`,
    offerNote: "Photos never leave this machine; only the models are fetched, once.",
    pulling: (percent: string) => `Downloading, ${percent}`,
    models: "All models",
  },
  time: {
    seconds: "less than a minute",
    minutes: (n: number) => `about ${plural(n, "minute", "minutes")}`,
    hours: (n: number) => `about ${plural(n, "hour", "hours")}`,
    days: (n: number) => `about ${plural(n, "day", "days")}`,
  },
} as const;
