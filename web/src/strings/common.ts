import { plural } from "./words.ts";

/** Texts used on several pages. */
export const commonStrings = {
  nav: {
    label: "Main",
    photos: "Photos",
    people: "People",
    albums: "Albums",
    map: "Map",
    tools: "More",
    search: "Search",
    jobs: "Jobs",
    models: "Models",
    stats: "Statistics",
    skip: "Skip to content",
    theme: { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },
    help: "Keyboard shortcuts",
  },
  common: {
    close: "Close",
    cancel: "Cancel",
    retry: "Try again",
    apply: "Apply",
    copied: "Copied",
    loading: "Loading…",
    offline: "Keepsight cannot be reached.",
    failed: "That did not work.",
    unexpected: (status: number) => `The server answered ${status} without saying why.`,
  },
  connection: {
    lost: "Connection lost. Trying again…",
    kept: (moment: string) => `Keepsight cannot be reached. Shown as it was ${moment}.`,
    updated: "There is a new version of Keepsight.",
    reload: "Reload",
  },
  duration: {
    seconds: (n: number) => `${n} s`,
    minutes: (n: number) => `${n} min`,
    hours: (n: string) => `${n} h`,
    days: (n: number) => plural(n, "day", "days"),
  },
  rate: { perSecond: (n: string) => `${n}/s`, perMinute: (n: string) => `${n}/min` },
  tile: {
    failed: "Cannot be shown",
    pending: "Waiting to be analysed",
    label: (name: string, date: string | undefined) => (date ? `${name}, ${date}` : name),
  },
  notFound: { title: "There is nothing here", hint: "The address may be mistyped.", back: "To your photos" },
} as const;
