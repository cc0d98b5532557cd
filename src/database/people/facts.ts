import type { PeopleDecision, PersonChanges } from "../../core/people-decision.ts";

/**
 * What a decision says, cut into the smallest statements. The state of a person or a face is what its latest statements
 * say, each field by itself; taking a decision back switches its statements off, and the earlier ones count again. So any
 * decision can be undone in any order, as long as no statement is left that speaks of somebody who is not there.
 */
export type PersonField =
  | "exists"
  | "name"
  | "birthDate"
  | "isHidden"
  | "isFavourite"
  | "representativeFaceId"
  | "mergedInto"
  | "isDeleted"
  /** Adds up: a person may be distinct from several. */
  | "distinctFrom";

/** `person`: is this person. `rejected`: is not this person. */
export type FaceField = "person" | "rejected" | "isIgnored" | "isRemoved" | "isDrawn";

/** Values are text; null is "nothing", flags are "1" and "0". */
export interface PersonFact {
  readonly personId: string;
  readonly field: PersonField;
  readonly value: string | null;
}

export interface FaceFact {
  readonly faceId: number;
  readonly field: FaceField;
  readonly value: string | null;
}

export interface Facts {
  readonly persons: readonly PersonFact[];
  readonly faces: readonly FaceFact[];
}

/** The statements that a decision makes. */
export function toFacts(decision: PeopleDecision): Facts {
  switch (decision.kind) {
    case "person.create":
      return { persons: newPerson(decision.personId, decision.name), faces: [] };
    case "person.update":
      return { persons: changesOf(decision.personId, decision.changes), faces: [] };
    case "person.hide": {
      const { personIds, isHidden } = decision;
      return { persons: personIds.flatMap((personId) => changesOf(personId, { isHidden })), faces: [] };
    }
    case "person.merge":
      return {
        persons: [
          ...decision.sourceIds.map((personId): PersonFact => ({
            personId,
            field: "mergedInto",
            value: decision.targetId,
          })),
          ...changesOf(decision.targetId, decision.inherited ?? {}),
        ],
        faces: [],
      };
    case "person.split":
      return {
        persons: newPerson(decision.newPersonId, decision.name),
        faces: ofFaces(decision.faceIds, "person", decision.newPersonId),
      };
    case "person.delete":
      return { persons: [{ personId: decision.personId, field: "isDeleted", value: "1" }], faces: [] };
    case "person.distinguish": {
      const [personId, value] = decision.personIds;
      return { persons: [{ personId, field: "distinctFrom", value }], faces: [] };
    }
    case "face.assign":
      return {
        persons: decision.name === undefined ? [] : newPerson(decision.personId, decision.name),
        faces: ofFaces(decision.faceIds, "person", decision.personId),
      };
    case "face.reject":
      return { persons: [], faces: ofFaces(decision.faceIds, "rejected", decision.personId) };
    case "face.ignore":
      return { persons: [], faces: ofFaces(decision.faceIds, "isIgnored", "1") };
    case "face.restore":
      return {
        persons: [],
        faces: [
          ...ofFaces(decision.faceIds, "isIgnored", "0"),
          ...ofFaces(decision.faceIds, "isRemoved", "0"),
        ],
      };
    case "face.draw":
      return { persons: [], faces: ofFaces([decision.faceId], "isDrawn", "1") };
    case "face.remove":
      return { persons: [], faces: ofFaces(decision.faceIds, "isRemoved", "1") };
  }
}

function newPerson(personId: string, name: string): readonly PersonFact[] {
  return [
    { personId, field: "exists", value: "1" },
    { personId, field: "name", value: name },
  ];
}

function changesOf(personId: string, changes: PersonChanges): readonly PersonFact[] {
  return Object.entries(changes).map(([field, value]) => ({
    personId,
    field: field as keyof PersonChanges,
    value: toText(value as PersonChanges[keyof PersonChanges]),
  }));
}

function toText(value: string | number | boolean | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function ofFaces(faceIds: readonly number[], field: FaceField, value: string): readonly FaceFact[] {
  return faceIds.map((faceId) => ({ faceId, field, value }));
}
