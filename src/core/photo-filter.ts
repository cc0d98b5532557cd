import type { ImageFormat } from "./photo-analysis.ts";
import type { PhotoStatus } from "./photo-status.ts";

/** Which photos are meant. Every field narrows the choice; an absent or empty field does not. */
export interface PhotoFilter {
  /** Names; a photo must have all of them. Case does not matter. */
  readonly tags?: readonly string[];
  /** Names; a photo must have a tag of at least one of them. Case does not matter. */
  readonly categories?: readonly string[];
  /** A photo must have all of these objects, each with at least `minScore` (0–1, default 0). */
  readonly objects?: readonly { readonly label: string; readonly minScore?: number }[];
  /** Names of people; case and diacritics do not matter. */
  readonly persons?: {
    readonly all?: readonly string[];
    readonly any?: readonly string[];
    readonly none?: readonly string[];
  };
  /** Id of a person who is in the photo. */
  readonly personId?: string;
  /** First day at the place of the photo, `YYYY-MM-DD`, inclusive. */
  readonly takenFrom?: string;
  /** Last day, inclusive. */
  readonly takenTo?: string;
  /** Part of a text line in the photo; case and diacritics do not matter. */
  readonly textContains?: string;
  readonly hasFaces?: boolean;
  readonly hasText?: boolean;
  readonly hasGps?: boolean;
  /** Degrees (WGS 84) and kilometres on the great circle. */
  readonly near?: { readonly latitude: number; readonly longitude: number; readonly radiusKm: number };
  /** Camera models, any of them. */
  readonly cameras?: readonly string[];
  readonly formats?: readonly ImageFormat[];
  /** Absolute path of a folder; its sub-folders count too. */
  readonly folder?: string;
  /** −1 to 5. */
  readonly minRating?: number;
  /** Marked as favourites by a human, or not. */
  readonly isFavourite?: boolean;
  readonly statuses?: readonly PhotoStatus[];
  /** An empty list means no photo at all. */
  readonly ids?: readonly number[];
  /** Names of cities, names or ISO 3166 codes of countries; a photo must have been taken in one of them. */
  readonly places?: readonly string[];
  /** Ids or titles of albums; a photo must be in one of them. Case does not matter. */
  readonly albums?: readonly string[];
  /** Ids or names of concepts; a photo must surely show all of them. Case does not matter. */
  readonly concepts?: readonly string[];
  /** Part of the camera's make or model; case does not matter. */
  readonly cameraLike?: string;
  /** Part of the path of the photo's folder; case does not matter. */
  readonly folderLike?: string;
  /** All of these words, in any field in which words are looked for. */
  readonly words?: string;
  /** Copies that the user has put behind another photo: left out (the default), among the others, or they alone. */
  readonly duplicates?: "hidden" | "shown" | "only";
  /** All of these hold too. */
  readonly all?: readonly PhotoCondition[];
  /** None of these holds. */
  readonly none?: readonly PhotoCondition[];
  /** Photos whose file is gone are left out unless this is true. */
  readonly includeMissing?: boolean;
  /** Photos that the user removed from the library are left out unless this is true. */
  readonly includeHidden?: boolean;
}

/** A filter within another one: what is out of sight stays as the outer one has it. */
export type PhotoCondition = Omit<PhotoFilter, "includeMissing" | "includeHidden" | "duplicates">;
