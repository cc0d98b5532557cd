import { commonStrings } from "./strings/common.ts";
import { timelineStrings } from "./strings/timeline.ts";
import { searchStrings } from "./strings/search.ts";
import { photoStrings } from "./strings/photo.ts";
import { workStrings } from "./strings/work.ts";
import { peopleStrings } from "./strings/people.ts";
import { albumStrings } from "./strings/albums.ts";
import { upkeepStrings } from "./strings/upkeep.ts";
import { duplicateStrings } from "./strings/duplicates.ts";
import { machineStrings } from "./strings/machine.ts";
import { helpStrings } from "./strings/help.ts";

/** Every text of the web app, by subject in `strings/`, ready for another language. */
export const strings = {
  appName: "Keepsight",
  ...commonStrings,
  ...timelineStrings,
  ...searchStrings,
  ...photoStrings,
  ...workStrings,
  ...machineStrings,
  ...peopleStrings,
  ...albumStrings,
  ...duplicateStrings,
  ...upkeepStrings,
  ...helpStrings,
};
