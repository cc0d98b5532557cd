import { DUPLICATE_DECISIONS, type DuplicateDecision } from "../../core/duplicate-decision.ts";
import type { LibraryDecision } from "../../core/library-decision.ts";
import type { PeopleDecision } from "../../core/people-decision.ts";
import type { Decision } from "../../database/decision-store.ts";
import { describeConcept } from "./describe-concept.ts";
import { describeLibrary } from "./describe-library.ts";
import { describeSearch } from "./describe-search.ts";

/** Names by id of a person, as far as anybody remembers them. */
export type NameOf = (personId: string) => string;

const countFaces = (count: number) => (count === 1 ? "1 face" : `${count} faces`);

/** More names than these are counted. */
const NAMES_SHOWN = 5;

function namesOf(names: readonly string[]): string {
  const rest = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** What was decided, in words for a person. */
export function describeDecision({ kind, payload }: Decision, nameOf: NameOf): string {
  if (kind === "undo") {
    const { decisionId } = payload as { decisionId: number };
    return `Took decision ${decisionId} back, or an undo of it`;
  }
  if (kind === "cluster.split") {
    return `Divided the cluster ${(payload as { clusterId: string }).clusterId}`;
  }
  if (DUPLICATE_DECISIONS.test(kind))
    return describeDuplicates({ kind, ...(payload as object) } as DuplicateDecision);
  if (kind === "photo.hide")
    return `Removed photo ${(payload as { photoId: number }).photoId} from the library`;
  if (kind === "folder.remove") {
    return `Removed the folder ${(payload as { path: string }).path} from the library`;
  }
  const decision = { kind, ...(payload as object) };
  return (
    describePeople(decision as PeopleDecision, nameOf) ??
    describeLibrary(decision as LibraryDecision) ??
    describeConcept(decision as Parameters<typeof describeConcept>[0]) ??
    describeSearch(decision as Parameters<typeof describeSearch>[0]) ??
    kind
  );
}

function describeDuplicates(decision: DuplicateDecision): string {
  switch (decision.kind) {
    case "duplicate.resolve": {
      const losers = decision.groups.reduce((sum, { loserIds }) => sum + loserIds.length, 0);
      const where = decision.trash === undefined ? "out of sight" : "into the trash";
      const groups = decision.groups.length === 1 ? "a group" : `${decision.groups.length} groups`;
      return `Put ${losers === 1 ? "1 copy" : `${losers} copies`} of ${groups} ${where}`;
    }
    case "duplicate.merge":
      return `Merged ${decision.groupIds.length} groups of duplicates`;
    case "duplicate.split":
      return `Took ${decision.photoIds.length === 1 ? "a photo" : `${decision.photoIds.length} photos`} out of a group of duplicates`;
    case "duplicate.apart":
      return `Said that ${decision.parts.flat().length} photos are no duplicates of each other`;
    case "duplicate.dismiss":
      return "Said that the photos of a group are no duplicates";
  }
}

function describePeople(decision: PeopleDecision, nameOf: NameOf): string | undefined {
  switch (decision.kind) {
    case "person.create":
      return `Added ${decision.name}`;
    case "person.update":
      return `Changed ${nameOf(decision.personId)}: ${Object.keys(decision.changes).map(toWords).join(", ")}`;
    case "person.hide":
      return `${decision.isHidden ? "Hid" : "Showed"} ${namesOf(decision.personIds.map(nameOf))}`;
    case "person.merge":
      return `Merged ${decision.sourceIds.map(nameOf).join(", ")} into ${nameOf(decision.targetId)}`;
    case "person.split":
      return `Split ${countFaces(decision.faceIds.length)} off ${nameOf(decision.personId)} as ${decision.name}`;
    case "person.delete":
      return `Deleted ${nameOf(decision.personId)}`;
    case "person.distinguish":
      return `Told ${nameOf(decision.personIds[0])} and ${nameOf(decision.personIds[1])} apart`;
    case "face.assign":
      return `Named ${countFaces(decision.faceIds.length)} ${decision.name ?? nameOf(decision.personId)}`;
    case "face.reject":
      return `Said that ${countFaces(decision.faceIds.length)} is not ${nameOf(decision.personId)}`;
    case "face.ignore":
      return `Ignored ${countFaces(decision.faceIds.length)} of strangers`;
    case "face.restore":
      return `Brought ${countFaces(decision.faceIds.length)} back`;
    case "face.draw":
      return `Drew a face in photo ${decision.photoId}`;
    case "face.remove":
      return `Removed ${countFaces(decision.faceIds.length)} that are none`;
    default:
      return undefined;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  birthDate: "birth date",
  isHidden: "shown or hidden",
  isFavourite: "favourite",
  representativeFaceId: "picture",
};

function toWords(field: string): string {
  return WORDS[field] ?? field;
}
