import type { PhotoDetails, PhotoSummary } from "../api/photos.ts";
import type { SearchHit } from "../api/search.ts";
import type { Job } from "../api/system.ts";
import type { Box, Quad } from "../core/geometry.ts";
import { fromTakenDay } from "../core/taken-day.ts";
import type { JobOverview } from "../engine/jobs/job-overview.ts";
import type { PhotoLibrary } from "../engine/photo-library.ts";
import type { SearchHit as FoundPhoto } from "../engine/search/explain-hits.ts";

/** The engine's data in the words and types of the HTTP API. */

type LibraryPhoto = Awaited<ReturnType<PhotoLibrary["get"]>>;
type LibraryPhotoDetails = Awaited<ReturnType<PhotoLibrary["getDetails"]>>;
type LibraryJob = Awaited<ReturnType<JobOverview["list"]>>["items"][number];

/** Coordinates travel with this many decimals: a tenth of a pixel in the largest photos. */
const DECIMALS = 1e5;

const round = (value: number) => Math.round(value * DECIMALS) / DECIMALS;

/** ISO 8601 in UTC, or null. */
function toIso(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}

function toRoundedBox(box: Box) {
  return { x: round(box.x), y: round(box.y), width: round(box.width), height: round(box.height) };
}

/** A photo as it appears in a grid. */
export function toPhotoSummary(photo: LibraryPhoto): PhotoSummary {
  return {
    id: photo.id,
    fileName: photo.fileName,
    width: photo.width ?? null,
    height: photo.height ?? null,
    thumbhash: photo.thumbhash ?? null,
    takenAt: photo.takenAtLocal ?? null,
    utcOffsetMinutes: photo.utcOffsetMinutes ?? null,
    day: fromTakenDay(photo.takenDay),
    status: photo.status,
    version: photo.contentVersion,
  };
}

/** Everything known of one photo. */
export function toPhotoDetails(details: LibraryPhotoDetails): PhotoDetails {
  const { photo } = details;
  return {
    ...toPhotoSummary(photo),
    path: photo.path,
    byteSize: photo.byteSize,
    format: photo.format ?? null,
    failureReason: photo.failureReason ?? null,
    isFavourite: photo.isFavourite === 1,
    importedAt: new Date(photo.importedAt).toISOString(),
    modifiedAt: new Date(photo.modifiedAtMs).toISOString(),
    metadata: toMetadata(photo),
    pixelQuality: toPixelQuality(photo),
    tags: details.tags.map(({ name, score, source }) => ({ name, score: round(score), source })),
    objects: details.objects.map(({ id, label, score, normalizedBox }) => ({
      id,
      label,
      score: round(score),
      box: toRoundedBox(normalizedBox),
    })),
    faces: details.faces.map(({ id, score, quality, sharpness, pose, normalizedBox }) => ({
      id,
      score: round(score),
      quality: round(quality),
      sharpness: sharpness === undefined ? null : round(sharpness),
      pose: pose ?? null,
      box: toRoundedBox(normalizedBox),
    })),
    faceRegions: details.faceRegions.map(({ name, normalizedBox }) => ({
      name: name ?? null,
      box: toRoundedBox(normalizedBox),
    })),
    textLines: details.textLines.map(({ id, text, score, normalizedQuad }) => ({
      id,
      text,
      score: round(score),
      quad: normalizedQuad.map(round) as unknown as Quad & number[],
    })),
    fingerprints: {
      imohash: photo.imohash ?? null,
      pdq: details.fingerprints?.pdq ?? null,
      pdqQuality: details.fingerprints?.pdqQuality ?? null,
    },
    duplicateGroupId: details.duplicate?.groupId ?? null,
    isDuplicatePrimary: details.duplicate?.isPrimary ?? false,
    duplicateScore: details.duplicate === undefined ? null : round(details.duplicate.score),
    duplicateOf: photo.duplicateOf ?? null,
    steps: details.steps.map(({ step, status, modelId, attempts, reason, durationMs }) => ({
      step,
      status,
      modelId: modelId ?? null,
      attempts,
      reason: reason ?? null,
      durationMs: durationMs ?? null,
    })),
  };
}

function toPixelQuality(photo: LibraryPhoto): PhotoDetails["pixelQuality"] {
  const { sharpness, meanLuminance, clippedShadows, clippedHighlights } = photo;
  if (sharpness === undefined || meanLuminance === undefined) return null;
  return {
    sharpness: round(sharpness),
    meanLuminance: round(meanLuminance),
    clippedShadows: round(clippedShadows ?? 0),
    clippedHighlights: round(clippedHighlights ?? 0),
  };
}

function toMetadata(photo: LibraryPhoto): PhotoDetails["metadata"] {
  return {
    takenAtSource: photo.takenAtSource,
    latitude: photo.latitude ?? null,
    longitude: photo.longitude ?? null,
    altitude: photo.altitude ?? null,
    cameraMake: photo.cameraMake ?? null,
    cameraModel: photo.cameraModel ?? null,
    lensModel: photo.lensModel ?? null,
    fNumber: photo.fNumber ?? null,
    exposureTime: photo.exposureTime ?? null,
    iso: photo.iso ?? null,
    focalLength: photo.focalLength ?? null,
    rating: photo.rating ?? null,
    title: photo.title ?? null,
    description: photo.description ?? null,
  };
}

/** A hit with what found it. */
export function toSearchHit({ photo, score, section, reasons }: FoundPhoto): SearchHit {
  return {
    photo: toPhotoSummary(photo),
    score,
    section: section ?? null,
    reasons: reasons.map(({ channel, rank, similarity, distinction, matches, normalizedBoxes }) => ({
      channel,
      rank: rank ?? null,
      ...(similarity === undefined ? {} : { similarity: round(similarity) }),
      ...(distinction === undefined ? {} : { distinction: Math.round(distinction * 100) / 100 }),
      matches: [...matches],
      boxes: normalizedBoxes.map(toRoundedBox),
    })),
  };
}

/** A job with the name of its photo's file. */
export function toJob({ job, fileName }: LibraryJob): Job {
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    photoId: job.photoId ?? null,
    fileName: fileName ?? null,
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    reason: job.errorReason ?? null,
    errorCode: job.errorCode ?? null,
    progress: { done: job.progressDone, total: job.progressTotal ?? null },
    result: (job.result as Job["result"]) ?? null,
    createdAt: new Date(job.createdAt).toISOString(),
    startedAt: toIso(job.startedAt),
    finishedAt: toIso(job.finishedAt),
    retryAt: job.state === "queued" && job.attempts > 0 ? toIso(job.runAfter) : null,
  };
}
