import type { Photo } from "../../database/photo-store.ts";

/** Shots of one camera that are this far apart are two photos, however alike, milliseconds: cameras record whole seconds. */
const OTHER_SHOT_MS = 1000;

/** Shots of one camera that are closer than this are of one moment, milliseconds. */
export const MOMENT_MS = 10_000;

type Shot = Pick<Photo, "takenAtSource" | "cameraModel" | "takenAtMs">;

/** Milliseconds between two shots of one camera; undefined where their files do not say. */
function timeBetween(a: Shot, b: Shot): number | undefined {
  const isTimed = a.takenAtSource === "metadata" && b.takenAtSource === "metadata";
  const isOneCamera = a.cameraModel !== undefined && a.cameraModel === b.cameraModel;
  return isTimed && isOneCamera ? Math.abs(a.takenAtMs - b.takenAtMs) : undefined;
}

/** Two shots of a series, by what the camera says: never copies of each other. */
export function isOtherShot(a: Shot, b: Shot): boolean {
  return (timeBetween(a, b) ?? 0) >= OTHER_SHOT_MS;
}

/** Two shots of one camera within seconds, or the same second. */
export function isOneMoment(a: Shot, b: Shot): boolean {
  return (timeBetween(a, b) ?? Infinity) <= MOMENT_MS;
}
