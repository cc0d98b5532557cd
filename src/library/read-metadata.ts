import type { Size } from "../core/geometry.ts";
import type { PhotoMetadata } from "../core/photo-analysis.ts";
import { type RecordedTime, toLocal } from "./date-time.ts";
import { type ExifTags, readExif } from "./exif.ts";
import { orientNormalizedBox, regionOrientation } from "./face-region.ts";
import { type IptcFields, readIptc } from "./iptc.ts";
import { offsetAtPlace, offsetAtPlaceAndInstant, offsetFromGpsTime } from "./utc-offset.ts";
import { withoutUndefined } from "../core/without-undefined.ts";
import { readXmp, type XmpFields } from "./xmp.ts";

/** The metadata blocks of one photo, as stored. */
interface MetadataSources {
  readonly exif?: Uint8Array;
  /** Separate TIFF structures in the place of directories of `exif`. */
  readonly exifDirectory?: Uint8Array;
  readonly gpsDirectory?: Uint8Array;
  readonly xmp?: Uint8Array;
  readonly iptc?: Uint8Array;
  /** Content of the `.xmp` file beside the photo; what it says outranks the photo itself. */
  readonly sidecarXmp?: Uint8Array;
  /** Pixels of the upright photo. */
  readonly size: Size;
}

type TakenAt = Pick<PhotoMetadata, "takenAtLocal" | "utcOffsetMinutes" | "utcOffsetSource">;
type Place = Pick<PhotoMetadata, "latitude" | "longitude">;

/** IPTC keywords have at most 64 bytes; what is much longer is a text in the wrong place, which no list could show. */
const MAX_NAME_LENGTH = 200;
/** The photos of the most diligent archives have about a hundred. */
const MAX_KEYWORDS = 500;

const isName = (text: string) => text.length <= MAX_NAME_LENGTH;

/**
 * What EXIF, XMP and IPTC together say of a photo; what they contradict each other in, the sidecar decides, then for dates EXIF
 * and for captions XMP. Malformed blocks count as absent; never throws.
 */
export function readMetadata(sources: MetadataSources): PhotoMetadata {
  const { exif, xmp, iptc, sidecarXmp, size } = sources;
  const tags = exif ? readExif(exif, sources) : {};
  const fields = iptc ? readIptc(iptc) : { keywords: [] };
  const packets = [sidecarXmp, xmp].flatMap((packet) => (packet && readXmp(packet)) ?? []);
  const place = readPlace(tags, packets);
  const { cameraMake, cameraModel, lensModel, fNumber, exposureTime, iso, focalLength, altitude } = tags;
  const rating = firstOf(packets, "rating") ?? tags.rating;
  const title = firstOf(packets, "title") ?? fields.title ?? tags.title;
  const description = firstOf(packets, "description") ?? fields.description ?? tags.description;
  const keywords = [
    ...packets.flatMap((packet) => packet.keywords),
    ...fields.keywords,
    ...(tags.keywords ?? []),
  ];
  return {
    ...readTakenAt({ tags, packets, fields, place }),
    ...place,
    ...withoutUndefined({
      altitude,
      cameraMake,
      cameraModel,
      lensModel,
      fNumber,
      exposureTime,
      iso,
      focalLength,
    }),
    ...withoutUndefined({ rating, title, description }),
    keywords: [...new Set(keywords)].filter(isName).slice(0, MAX_KEYWORDS),
    faceRegions: readFaceRegions(tags, packets, size),
  };
}

function firstOf<K extends keyof XmpFields>(
  packets: readonly XmpFields[],
  field: K,
): XmpFields[K] | undefined {
  return packets.find((packet) => packet[field] !== undefined)?.[field];
}

function readPlace(tags: ExifTags, [first, second]: readonly XmpFields[]): Place {
  const source = [first, tags, second].find((candidate) => candidate?.latitude !== undefined);
  return withoutUndefined({ latitude: source?.latitude, longitude: source?.longitude });
}

interface TimeSources {
  readonly tags: ExifTags;
  readonly packets: readonly XmpFields[];
  readonly fields: IptcFields;
  readonly place: Place;
}

/** The first date of the most trustworthy kind, with its offset as stated, else by GPS time, else by the place. */
function readTakenAt({ tags, packets, fields, place }: TimeSources): TakenAt {
  const gpsTimeMs = tags.gpsTimeMs ?? firstOf(packets, "gpsTimeMs");
  const recorded =
    tags.dateTimeOriginal ??
    firstOf(packets, "dateTimeOriginal") ??
    firstOf(packets, "dateCreated") ??
    tags.dateTimeDigitized ??
    firstOf(packets, "createDate") ??
    fields.dateCreated;
  if (recorded !== undefined) return withOffset(recorded, gpsTimeMs, place);
  if (gpsTimeMs !== undefined) return fromGpsTime(gpsTimeMs, place);
  return tags.dateTime ? withOffset(tags.dateTime, undefined, place) : {};
}

function withOffset(
  { local, offsetMinutes }: RecordedTime,
  gpsTimeMs: number | undefined,
  place: Place,
): TakenAt {
  if (offsetMinutes !== undefined) {
    return { takenAtLocal: local, utcOffsetMinutes: offsetMinutes, utcOffsetSource: "exif" };
  }
  const byGps = gpsTimeMs === undefined ? undefined : offsetFromGpsTime(local, gpsTimeMs);
  if (byGps !== undefined)
    return { takenAtLocal: local, utcOffsetMinutes: byGps, utcOffsetSource: "gps-time" };
  const byPlace = hasPlace(place) ? offsetAtPlace(local, place.latitude, place.longitude) : undefined;
  if (byPlace === undefined) return { takenAtLocal: local };
  return { takenAtLocal: local, utcOffsetMinutes: byPlace, utcOffsetSource: "place" };
}

/** Only the satellites' time is known: the wall clock of the place, or UTC where there is no place. */
function fromGpsTime(gpsTimeMs: number, place: Place): TakenAt {
  const byPlace = hasPlace(place)
    ? offsetAtPlaceAndInstant(gpsTimeMs, place.latitude, place.longitude)
    : undefined;
  const utcOffsetMinutes = byPlace ?? 0;
  return {
    takenAtLocal: toLocal(gpsTimeMs, utcOffsetMinutes),
    utcOffsetMinutes,
    utcOffsetSource: "gps-time",
  };
}

const hasPlace = (place: Place): place is Required<Place> => place.latitude !== undefined;

function readFaceRegions(tags: ExifTags, packets: readonly XmpFields[], size: Size) {
  const packet = packets.find(({ faceRegions }) => faceRegions.length > 0);
  if (packet === undefined) return [];
  const orientation = regionOrientation(tags.orientation ?? 1, size, packet.regionsAppliedTo);
  return packet.faceRegions.map(({ name, ...region }) => ({
    ...region,
    ...(name === undefined || !isName(name) ? {} : { name }),
    normalizedBox: orientNormalizedBox(region.normalizedBox, orientation),
  }));
}
