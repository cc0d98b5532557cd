import type { Box } from "./geometry.ts";

/** What a user can set of a person; null takes it away. */
export interface PersonChanges {
  readonly name?: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate?: string | null;
  readonly isHidden?: boolean;
  readonly isFavourite?: boolean;
  readonly representativeFaceId?: number | null;
}

/**
 * What a human can decide about people and faces. Everything that carrying it out needs is in it, so that the decisions
 * alone, in their order, make the same persons again. Person ids are UUIDs that whoever decides has drawn.
 */
export type PeopleDecision =
  | { readonly kind: "person.create"; readonly personId: string; readonly name: string }
  | { readonly kind: "person.update"; readonly personId: string; readonly changes: PersonChanges }
  /** Out of sight, or back: several at once are one decision. */
  | { readonly kind: "person.hide"; readonly personIds: readonly string[]; readonly isHidden: boolean }
  /** The sources become the target; what the target lacks (its birth date) it inherits. */
  | {
      readonly kind: "person.merge";
      readonly sourceIds: readonly string[];
      readonly targetId: string;
      readonly inherited?: Pick<PersonChanges, "birthDate">;
    }
  /** Faces leave a person and become another, new one. */
  | {
      readonly kind: "person.split";
      readonly personId: string;
      readonly newPersonId: string;
      readonly name: string;
      readonly faceIds: readonly number[];
    }
  /** The faces become unassigned. */
  | { readonly kind: "person.delete"; readonly personId: string }
  /** Two persons who look alike are never proposed as one again. */
  | { readonly kind: "person.distinguish"; readonly personIds: readonly [string, string] }
  /** The faces are this person; with `name` a new one (naming a cluster). */
  | {
      readonly kind: "face.assign";
      readonly faceIds: readonly number[];
      readonly personId: string;
      readonly name?: string;
      /** The cluster that was named. */
      readonly clusterId?: string;
    }
  /** The faces are not this person. */
  | { readonly kind: "face.reject"; readonly faceIds: readonly number[]; readonly personId: string }
  /** Strangers: never clustered, matched or proposed again. */
  | { readonly kind: "face.ignore"; readonly faceIds: readonly number[] }
  /** Takes an earlier `ignore` or `remove` back, for faces of several of them. */
  | { readonly kind: "face.restore"; readonly faceIds: readonly number[] }
  /** A face that the detector missed; the row of the face is there already. */
  | {
      readonly kind: "face.draw";
      readonly faceId: number;
      readonly photoId: number;
      /** Fractions (0–1) of the upright photo. */
      readonly normalizedBox: Box;
    }
  /** Not a face at all. */
  | { readonly kind: "face.remove"; readonly faceIds: readonly number[] };

/** Where a statement about a face comes from: the user, or names the user gave in another program. */
export type DecisionSource = "human" | "metadata";
