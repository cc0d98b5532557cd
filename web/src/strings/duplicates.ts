import { locale, plural } from "./words.ts";

/** Texts of the pages about duplicates. */
export const duplicateStrings = {
  duplicates: {
    title: "Duplicates",
    intro:
      "Copies of the same photo. Keep one; its tags, people and albums stay together. No file is deleted.",
    summary: (groups: number, photos: number, bytes: string) =>
      `${plural(groups, "group", "groups")}, ${plural(photos, "photo", "photos")} too many, ${bytes} in them`,
    waiting: (n: number) => `${plural(n, "photo", "photos")} not compared yet`,
    scan: "Look again",
    scanStarted: "Looking for duplicates in the background",
    filter: "Show groups",
    states: { open: "To decide", resolved: "Decided", dismissed: "Not duplicates" },
    kindFilter: "Kind",
    kinds: {
      all: "All kinds",
      exact: "Same file",
      copy: "Same picture",
      near: "Nearly the same",
      burst: "One moment",
    },
    kindHint: {
      exact: "The files are equal, byte for byte.",
      copy: "The same picture, edited or saved anew. Checked on its pixels.",
      near: "A text-image model takes them for the same. Look before you decide.",
      burst: "Shots of one moment. They are not copies.",
    },
    none: {
      open: "Nothing to decide. New photos are compared as they come.",
      resolved: "Nothing decided yet.",
      dismissed: "Nothing set apart yet.",
    },
    group: (n: number) => `Group of ${plural(n, "photo", "photos")}`,
    alike: (percent: string) => `${percent} alike`,
    saves: (bytes: string) => `${bytes} to save`,
    keep: "Keep this one",
    keeps: "Keep",
    keepLabel: (name: string) => `Keep ${name}`,
    suggested: "Suggested",
    outcomes: { kept: "Kept", hidden: "Hidden", trashed: "In the trash" },
    resolve: (losers: number) => `Keep it, hide ${plural(losers, "other", "others")}`,
    resolved: (losers: number) => `${plural(losers, "copy", "copies")} hidden`,
    dismiss: "Not duplicates",
    dismissed: "Kept apart from now on",
    remove: "Does not belong here",
    removeLabel: (name: string) => `${name} does not belong here`,
    removed: "Taken out of the group",
    undo: "Undo",
    compare: "Compare",
    compareTitle: "Compare",
    compareHint: "Hold, or press Space, to see the other one in the same place.",
    comparePick: "Photo",
    more: (n: number) => `${n.toLocaleString(locale)} more in this group`,
    loadMore: "Show more groups",
    allGroups: "All groups",
    carriesOver: (what: string) => `The kept one takes over: ${what}`,
    carried: {
      tags: (tags: readonly string[]) => `tags ${tags.join(", ")}`,
      persons: (names: readonly string[]) => `people ${names.join(", ")}`,
      albums: (titles: readonly string[]) => `albums ${titles.join(", ")}`,
      rating: (stars: number) => plural(stars, "star", "stars"),
      title: "title",
      description: "description",
      isFavourite: "favourite",
    },
    losesFacts: (facts: readonly ("date" | "place" | "camera")[]) => {
      const words = { date: "the date", place: "the place", camera: "the camera" };
      const list = new Intl.ListFormat(locale).format(facts.map((fact) => words[fact]));
      return `Only a copy that would be hidden knows ${list}: keep that one if you need it.`;
    },
    facts: {
      size: "Pixels",
      bytes: "File",
      format: "Format",
      taken: "Taken",
      camera: "Camera",
      place: "Place",
      folder: "Folder",
    },
    yes: "known",
    unknown: "not known",
    all: "Decide all sure ones",
    allTitle: "Keep the best of every sure group?",
    allNone: "There is no group that is sure: only equal files and verified copies are decided at once.",
    allWhat: (groups: number, hidden: number, bytes: string) =>
      `In ${plural(groups, "group", "groups")} the best copy stays and ${plural(hidden, "other", "others")} (${bytes}) are hidden.`,
    allCarried: (tags: number, persons: number, albums: number) => {
      const parts = [
        tags > 0 && plural(tags, "tag", "tags"),
        persons > 0 && plural(persons, "name", "names"),
        albums > 0 && `places in ${plural(albums, "album", "albums")}`,
      ].filter((part) => part !== false);
      return parts.length === 0
        ? "Nothing was said of the copies that the kept ones would have to take over."
        : `Kept photos take over ${new Intl.ListFormat(locale).format(parts)}.`;
    },
    allLost: (dates: number, places: number) => {
      const parts = [
        dates > 0 && `the date in ${plural(dates, "group", "groups")}`,
        places > 0 && `the place in ${plural(places, "group", "groups")}`,
      ].filter((part) => part !== false);
      return parts.length === 0
        ? ""
        : `Only a copy that would be hidden knows ${new Intl.ListFormat(locale).format(parts)}.`;
    },
    allSafe: "Files stay where they are, and every decision can be undone in the history.",
    allRun: "Hide the copies",
    allStarted: "Deciding in the background",
  },
} as const;
