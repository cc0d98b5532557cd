import type { Face, FaceCluster, FaceStats, HistoryEntry, PeopleSuggestion, Person } from "../api/people.ts";
import type { HistoryEntry as EngineEntry } from "../engine/history/history.ts";
import type { People } from "../engine/people/people.ts";

/** People in the words and types of the HTTP API. */

type EnginePerson = NonNullable<Awaited<ReturnType<People["persons"]["get"]>>>;
type EngineFace = NonNullable<Awaited<ReturnType<People["faces"]["get"]>>>;
type EngineCluster = NonNullable<Awaited<ReturnType<People["faces"]["cluster"]>>>;
type EngineRounds = Awaited<ReturnType<People["upkeep"]["readRounds"]>>;
type EngineSuggestion = Awaited<ReturnType<People["suggestions"]>>[number];

/** Similarities and fractions travel with this many decimals: a tenth of a pixel in the largest photos. */
const DECIMALS = 1e5;
const round = (value: number) => Math.round(value * DECIMALS) / DECIMALS;
const toIso = (epochMs: number) => new Date(epochMs).toISOString();

export function toPerson(person: EnginePerson, prototypeCount: number): Person {
  return {
    id: person.id,
    name: person.name,
    status: person.status,
    mergedIntoId: person.mergedIntoId ?? null,
    birthDate: person.birthDate ?? null,
    isFavourite: person.isFavourite === 1,
    faceCount: person.faceCount,
    photoCount: person.photoCount,
    confirmedCount: person.confirmedCount,
    prototypeCount,
    coverFaceId: person.coverFaceId ?? null,
    createdAt: toIso(person.createdAt),
    updatedAt: toIso(person.updatedAt),
  };
}

export function toFace(face: EngineFace): Face {
  const { normalizedBox: box, photoWidth = 1, photoHeight = 1 } = face;
  return {
    id: face.id,
    photoId: face.photoId,
    bbox: {
      x: Math.round(box.x * photoWidth),
      y: Math.round(box.y * photoHeight),
      width: Math.round(box.width * photoWidth),
      height: Math.round(box.height * photoHeight),
    },
    box: { x: round(box.x), y: round(box.y), width: round(box.width), height: round(box.height) },
    detectionConfidence: round(face.score),
    qualityScore: round(face.quality),
    origin: face.origin,
    state: face.state,
    assignment: face.assignment ?? null,
    similarity: face.matchedScore === undefined ? null : round(face.matchedScore),
    clusterId: face.clusterId ?? null,
    personId: face.personId ?? null,
    personName: face.personName ?? null,
    createdAt: face.createdAt === undefined ? null : toIso(face.createdAt),
  };
}

export function toFaceCluster(cluster: EngineCluster): FaceCluster {
  const { clusterId, faceCount, sampleFaceIds, avgQuality, personId, personName } = cluster;
  return {
    clusterId,
    faceCount,
    sampleFaceIds: [...sampleFaceIds],
    avgQuality: round(avgQuality),
    personId: personId ?? null,
    personName: personName ?? null,
  };
}

/** @param covers - The face to show of each person. */
export function toPeopleSuggestion(
  suggestion: EngineSuggestion,
  covers: ReadonlyMap<string, number>,
): PeopleSuggestion {
  const persons =
    suggestion.kind === "same-person"
      ? suggestion.personIds.map((id, i) => ({ id, name: suggestion.personNames[i]! }))
      : [{ id: suggestion.personId, name: suggestion.personName }];
  return {
    kind: suggestion.kind,
    persons: persons.map((person) => ({ ...person, coverFaceId: covers.get(person.id) ?? null })),
    clusterId: suggestion.kind === "cluster-is-person" ? suggestion.clusterId : null,
    faceIds: suggestion.kind === "same-person" ? [] : [...suggestion.faceIds],
    sampleFaceIds: suggestion.kind === "same-person" ? [] : [...suggestion.sampleFaceIds],
    faceCount: suggestion.faceCount,
    score: round(suggestion.score),
  };
}

export function toHistoryEntry({ decision, summary, isUndone, canUndo }: EngineEntry): HistoryEntry {
  return {
    id: decision.id,
    kind: decision.kind,
    actor: decision.actor,
    decidedAt: toIso(decision.decidedAt),
    summary,
    isUndone,
    undoes: decision.undoes ?? null,
    canUndo,
  };
}

/** When rounds last ran, or why not. */
export function toRounds({ lastRun, lastSkip }: EngineRounds): Pick<FaceStats, "lastRun" | "lastSkip"> {
  return {
    lastRun: lastRun === undefined ? null : { ...lastRun, at: toIso(lastRun.at) },
    lastSkip: lastSkip === undefined ? null : { ...lastSkip, at: toIso(lastSkip.at) },
  };
}
