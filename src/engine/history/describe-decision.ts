import type { PeopleDecision } from "../../core/people-decision.ts";
import type { Decision } from "../../database/decision-store.ts";

/** Names by id of a person, as far as anybody remembers them. */
export type NameOf = (personId: string) => string;

const countFaces = (count: number) => (count === 1 ? "1 face" : `${count} faces`);

/** What was decided, in words for a person. */
export function describeDecision({ kind, payload }: Decision, nameOf: NameOf): string {
  if (kind === "undo") {
    const { decisionId } = payload as { decisionId: number };
    return `Took decision ${decisionId} back, or an undo of it`;
  }
  if (kind === "cluster.split") {
    return `Divided the cluster ${(payload as { clusterId: string }).clusterId}`;
  }
  if (kind === "photo.hide")
    return `Removed photo ${(payload as { photoId: number }).photoId} from the library`;
  if (kind === "folder.remove") {
    return `Removed the folder ${(payload as { path: string }).path} from the library`;
  }
  if (kind === "photo.tag") {
    const { photoId, tags } = payload as { photoId: number; tags: readonly string[] };
    return `Tagged photo ${photoId}: ${tags.join(", ")}`;
  }
  return describePeople({ kind, ...(payload as object) } as PeopleDecision, nameOf) ?? kind;
}

function describePeople(decision: PeopleDecision, nameOf: NameOf): string | undefined {
  switch (decision.kind) {
    case "person.create":
      return `Added ${decision.name}`;
    case "person.update":
      return `Changed ${nameOf(decision.personId)}: ${Object.keys(decision.changes).map(toWords).join(", ")}`;
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
