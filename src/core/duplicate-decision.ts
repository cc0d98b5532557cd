/** Which copy of a group stays. */
export interface GroupResolution {
  readonly groupId: number;
  readonly keeperId: number;
  readonly loserIds: readonly number[];
}

/** What a human can decide about groups of duplicates. */
export type DuplicateDecision =
  | {
      readonly kind: "duplicate.resolve";
      readonly groups: readonly GroupResolution[];
      /** Where the losers' files are to go, by photo; absent: they stay where they are. */
      readonly trash?: Readonly<Record<number, string>>;
    }
  /** All become the first. */
  | { readonly kind: "duplicate.merge"; readonly groupIds: readonly number[] }
  /** The photos become a group of their own, one alone is in none; they are never brought together with the rest again. */
  | { readonly kind: "duplicate.split"; readonly groupId: number; readonly photoIds: readonly number[] }
  /** The members are no duplicates of each other: they are never asked about again. */
  | { readonly kind: "duplicate.dismiss"; readonly groupId: number }
  /** Photos of different parts are no duplicates of each other, whether they are in a group or not: as another library says. */
  | { readonly kind: "duplicate.apart"; readonly parts: readonly (readonly number[])[] };

/** Beginning of the kinds of {@link DuplicateDecision}. */
export const DUPLICATE_DECISIONS = /^duplicate\./;
