import { openTiff, type TiffDirectory, type TiffReader } from "../image/tiff-ifd.ts";
import { cleanText, decodeText } from "./clean-text.ts";
import { parseDateTime, parseOffset, type RecordedTime, withFraction } from "./date-time.ts";
import { withoutUndefined } from "../core/without-undefined.ts";

/** What an EXIF block records, cleaned: fields with impossible values are absent (Exif 2.32, CIPA DC-008). */
export interface ExifTags {
  /** 1–8. */
  readonly orientation?: number;
  /** When the shutter was released. */
  readonly dateTimeOriginal?: RecordedTime;
  /** When it became a file, by a camera or a scanner. */
  readonly dateTimeDigitized?: RecordedTime;
  /** When the file was last changed; often the only date there is. */
  readonly dateTime?: RecordedTime;
  /** UTC, milliseconds since 1970. */
  readonly gpsTimeMs?: number;
  /** Degrees, WGS 84. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Metres above sea level. */
  readonly altitude?: number;
  readonly cameraMake?: string;
  readonly cameraModel?: string;
  readonly lensModel?: string;
  readonly fNumber?: number;
  /** Seconds. */
  readonly exposureTime?: number;
  readonly iso?: number;
  /** Millimetres. */
  readonly focalLength?: number;
  /** 0–5. */
  readonly rating?: number;
  readonly title?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
}

const EXIF_DIRECTORY = 0x8769;
const GPS_DIRECTORY = 0x8825;

/** Captions that cameras write by themselves into every photo. */
const CAMERA_CAPTION =
  /^(olympus digital camera|sony dsc|samsung|minolta digital camera|digital camera|dcim\\.*|image description|default|untitled|kodak digital still camera|exif_jpeg_picture|jpeg picture)$/i;

/** Bounds of what cameras record: f/0.5 to f/128, one day, ISO 1 to 10 million, 10 m lenses; altitudes from mines to aeroplanes. */
const LIMITS = {
  fNumber: [0.5, 128],
  exposureTime: [1e-7, 86_400],
  iso: [1, 1e7],
  focalLength: [0.1, 10_000],
  altitude: [-5000, 30_000],
  rating: [0, 5],
} as const;

/** TIFF structures that hold the EXIF and GPS directories where they are not inside the block (Canon CR3). */
interface SeparateDirectories {
  readonly exifDirectory?: Uint8Array | undefined;
  readonly gpsDirectory?: Uint8Array | undefined;
}

/** The tags of an EXIF block, or of any file of TIFF structure; empty when it cannot be read. Never throws. */
export function readExif(block: Uint8Array, separate: SeparateDirectories = {}): ExifTags {
  const tiff = openTiff(block);
  if (tiff === undefined) return {};
  const main = createTagReader(tiff, tiff.first);
  const exif = openDirectory(tiff, EXIF_DIRECTORY, separate.exifDirectory);
  const gps = openDirectory(tiff, GPS_DIRECTORY, separate.gpsDirectory);
  return withoutUndefined({
    ...readDates(main, exif),
    ...readGps(gps),
    ...readCamera(main, exif),
    ...readDescription(main),
  });
}

function openDirectory(tiff: TiffReader, tag: number, separate: Uint8Array | undefined): TagReader {
  const own = separate && openTiff(separate);
  return own ? createTagReader(own, own.first) : createTagReader(tiff, tiff.child(tiff.first, tag));
}

type TagReader = ReturnType<typeof createTagReader>;

function createTagReader(tiff: TiffReader, directory: TiffDirectory = new Map()) {
  const number = (tag: number) => tiff.numbers(directory, tag)?.[0];
  return {
    number,
    numbers: (tag: number) => tiff.numbers(directory, tag),
    text(tag: number) {
      const bytes = tiff.bytes(directory, tag);
      return bytes && decodeText(bytes);
    },
    /** UTF-16LE, as Windows Explorer writes its XP tags. */
    wideText(tag: number) {
      const bytes = tiff.bytes(directory, tag);
      return bytes && cleanText(new TextDecoder("utf-16le").decode(bytes).split("\0")[0]);
    },
    within(tag: number, [low, high]: readonly [number, number]) {
      const value = number(tag);
      return value !== undefined && value >= low && value <= high ? value : undefined;
    },
  };
}

function readDates(main: TagReader, exif: TagReader) {
  return {
    dateTimeOriginal: readDate(exif.text(0x9003), exif.text(0x9291), exif.text(0x9011)),
    dateTimeDigitized: readDate(exif.text(0x9004), exif.text(0x9292), exif.text(0x9012)),
    dateTime: readDate(main.text(0x0132), exif.text(0x9290), exif.text(0x9010)),
  };
}

function readDate(text?: string, fraction?: string, zone?: string): RecordedTime | undefined {
  const recorded = parseDateTime(text);
  if (recorded === undefined) return undefined;
  const offsetMinutes = recorded.offsetMinutes ?? parseOffset(zone);
  const local = withFraction(recorded.local, fraction?.trim());
  return offsetMinutes === undefined ? { local } : { local, offsetMinutes };
}

function readGps(gps: TagReader) {
  const latitude = readDegrees(gps.numbers(2), gps.text(1), "N", "S", 90);
  const longitude = readDegrees(gps.numbers(4), gps.text(3), "E", "W", 180);
  const isPlace = latitude !== undefined && longitude !== undefined && (latitude !== 0 || longitude !== 0);
  const height = gps.within(6, [0, LIMITS.altitude[1]]);
  const altitude = height !== undefined && gps.number(5) === 1 ? -height : height;
  return {
    ...(isPlace && { latitude, longitude }),
    altitude: altitude !== undefined && altitude >= LIMITS.altitude[0] ? altitude : undefined,
    gpsTimeMs: readGpsTime(gps.text(0x1d), gps.numbers(7)),
  };
}

/** Degrees, minutes and seconds with their hemisphere; without one the sign is anybody's guess, so there is no value. */
function readDegrees(
  parts: readonly number[] | undefined,
  reference: string | undefined,
  positive: string,
  negative: string,
  limit: number,
): number | undefined {
  const hemisphere = reference?.toUpperCase()[0];
  if (parts === undefined || (hemisphere !== positive && hemisphere !== negative)) return undefined;
  const [degrees = Number.NaN, minutes = 0, seconds = 0] = parts;
  // Some phones write 0/0 for seconds they do not have.
  const value =
    degrees + (Number.isNaN(minutes) ? 0 : minutes) / 60 + (Number.isNaN(seconds) ? 0 : seconds) / 3600;
  if (!(value >= 0 && value <= limit)) return undefined;
  return hemisphere === negative && value !== 0 ? -value : value;
}

function readGpsTime(date: string | undefined, time: readonly number[] | undefined): number | undefined {
  if (time === undefined || time.length !== 3) return undefined;
  const [hour, minute, second] = time as [number, number, number];
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 61)) return undefined;
  const midnight = parseDateTime(`${date} 00:00:01`);
  if (midnight === undefined) return undefined;
  return (
    Date.parse(`${midnight.local.slice(0, 10)}T00:00:00Z`) +
    Math.round((hour * 3600 + minute * 60 + second) * 1000)
  );
}

function readCamera(main: TagReader, exif: TagReader) {
  const orientation = main.within(0x0112, [1, 8]);
  return {
    orientation: orientation !== undefined && Number.isInteger(orientation) ? orientation : undefined,
    cameraMake: main.text(0x010f),
    cameraModel: main.text(0x0110),
    lensModel: exif.text(0xa434),
    fNumber: exif.within(0x829d, LIMITS.fNumber),
    exposureTime: exif.within(0x829a, LIMITS.exposureTime),
    iso: readIso(exif),
    focalLength: exif.within(0x920a, LIMITS.focalLength),
  };
}

/** 65535 means that the value does not fit its 16 bits and stands in the newer tags. */
function readIso(exif: TagReader): number | undefined {
  const iso = exif.within(0x8827, LIMITS.iso);
  return iso === undefined || iso === 65535
    ? (exif.within(0x8832, LIMITS.iso) ?? exif.within(0x8831, LIMITS.iso) ?? iso)
    : iso;
}

function readDescription(main: TagReader) {
  const description = main.text(0x010e);
  const keywords = main
    .wideText(0x9c9e)
    ?.split(";")
    .map((word) => word.trim());
  return {
    rating: main.within(0x4746, LIMITS.rating),
    title: main.wideText(0x9c9b),
    description: description !== undefined && CAMERA_CAPTION.test(description) ? undefined : description,
    keywords: keywords?.filter((word) => word !== ""),
  };
}
