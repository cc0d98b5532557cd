import { XMLParser } from "fast-xml-parser";
import type { Box, Size } from "../core/geometry.ts";
import { cleanText } from "./clean-text.ts";
import { parseDateTime, type RecordedTime } from "./date-time.ts";
import { withoutUndefined } from "../core/without-undefined.ts";

/** What an XMP packet or sidecar says of a photo (ISO 16684-1; MWG Guidelines 2.0; Microsoft Photo schema). */
export interface XmpFields {
  /** −1 rejected, 0 unrated, 1–5 stars. */
  readonly rating?: number;
  readonly dateTimeOriginal?: RecordedTime;
  readonly dateCreated?: RecordedTime;
  readonly createDate?: RecordedTime;
  /** UTC, milliseconds since 1970. */
  readonly gpsTimeMs?: number;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly title?: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  readonly faceRegions: readonly XmpFaceRegion[];
  /** Pixels of the image that the MWG regions were marked on, where stated. */
  readonly regionsAppliedTo?: Size;
}

/** A face that someone marked; fractions of the image as stored, before EXIF orientation. */
interface XmpFaceRegion {
  readonly name?: string;
  readonly normalizedBox: Box;
}

/** Namespaces read here, by the prefix used below. Files may bind other prefixes to them. */
const NAMESPACES = {
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  xmp: "http://ns.adobe.com/xap/1.0/",
  exif: "http://ns.adobe.com/exif/1.0/",
  photoshop: "http://ns.adobe.com/photoshop/1.0/",
  dc: "http://purl.org/dc/elements/1.1/",
  lr: "http://ns.adobe.com/lightroom/1.0/",
  digiKam: "http://www.digikam.org/ns/1.0/",
  MicrosoftPhoto: "http://ns.microsoft.com/photo/1.0/",
  MP: "http://ns.microsoft.com/photo/1.2/",
  MPRI: "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
  MPReg: "http://ns.microsoft.com/photo/1.2/t/Region#",
  "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
  stArea: "http://ns.adobe.com/xmp/sType/Area#",
  stDim: "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
} as const;
type Prefix = keyof typeof NAMESPACES;

/** Larger packets hold edit histories or thumbnails; the fields wanted here come to a few kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_KEYWORDS = 1000;
const MAX_REGIONS = 1000;
const MAX_DEPTH = 64;

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: "#text",
  parseTagValue: false,
  parseAttributeValue: false,
  maxNestedTags: MAX_DEPTH,
});

/** The fields of an XMP packet; undefined when it is not readable XMP. Never throws. */
export function readXmp(packet: Uint8Array): XmpFields | undefined {
  if (packet.length > MAX_BYTES) return undefined;
  const text = decodePacket(packet);
  const start = text.search(/<([\w-]+:)?(xmpmeta|xapmeta|RDF)[\s>]/);
  // Entity definitions have no place in XMP and are the usual way to blow up a parser.
  if (start === -1 || text.includes("<!DOCTYPE") || text.includes("<!ENTITY")) return undefined;
  try {
    const tree: unknown = PARSER.parse(withoutTrailer(text.slice(start)));
    return readFields(createRdfReader(tree, readPrefixes(text)));
  } catch {
    return undefined;
  }
}

/**
 * The packet without the instruction that closes it. Looked for from the end: a pattern tried at every place takes hours
 * on four megabytes of openings.
 */
function withoutTrailer(text: string): string {
  const at = text.lastIndexOf("<?xpacket");
  return at !== -1 && /^<\?xpacket[^>]*\?>\s*$/.test(text.slice(at)) ? text.slice(0, at) : text;
}

function decodePacket(packet: Uint8Array): string {
  const isBigEndian = (packet[0] === 0xfe && packet[1] === 0xff) || (packet[0] === 0 && packet[1] === 0x3c);
  const isLittleEndian =
    (packet[0] === 0xff && packet[1] === 0xfe) || (packet[0] === 0x3c && packet[1] === 0);
  return new TextDecoder(isBigEndian ? "utf-16be" : isLittleEndian ? "utf-16le" : "utf-8").decode(packet);
}

/** Our prefix to the file's, where they differ. */
function readPrefixes(text: string): Map<string, string> {
  const ours = new Map<string, string>(Object.entries(NAMESPACES).map(([prefix, uri]) => [uri, prefix]));
  const prefixes = new Map<string, string>();
  for (const [, prefix, uri] of text.matchAll(/xmlns:([\w-]{1,40})\s*=\s*["']([^"']{1,200})["']/g)) {
    const known = ours.get(uri!);
    if (known !== undefined && prefix !== known) prefixes.set(known, prefix!);
  }
  return prefixes;
}

type XmlNode = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is XmlNode =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const toArray = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Access to the properties of an RDF tree, whether they are written as elements, as attributes, or in nested descriptions. */
function createRdfReader(tree: unknown, prefixes: ReadonlyMap<string, string>) {
  const qualify = (prefix: Prefix, name: string) => `${prefixes.get(prefix) ?? prefix}:${name}`;

  /** A property of a structure; RDF may wrap the structure in a description. */
  const property = (node: unknown, prefix: Prefix, name: string): unknown => {
    for (const part of toArray(node)) {
      if (!isNode(part)) continue;
      const own = part[qualify(prefix, name)];
      if (own !== undefined) return own;
      const nested = toArray(part[qualify("rdf", "Description")]).filter(isNode);
      const inner = nested
        .map((description) => description[qualify(prefix, name)])
        .find((value) => value !== undefined);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };

  /** The members of a bag, sequence or alternative; a plain value counts as its only member. */
  const items = (value: unknown): readonly unknown[] => {
    for (const kind of ["Bag", "Seq", "Alt"]) {
      const container = property(value, "rdf", kind);
      if (container !== undefined) return toArray(property(container, "rdf", "li"));
    }
    return toArray(value);
  };

  const text = (value: unknown): string | undefined => {
    const [first] = items(value);
    const content = isNode(first) ? first["#text"] : first;
    return typeof content === "string" ? cleanText(content) : undefined;
  };

  const root = isNode(tree)
    ? (Object.values(tree).find((value) => isNode(value)) as XmlNode | undefined)
    : undefined;
  const rdf = (isNode(tree) ? tree[qualify("rdf", "RDF")] : undefined) ?? root?.[qualify("rdf", "RDF")];
  return { rdf, property, items, text };
}

type RdfReader = ReturnType<typeof createRdfReader>;

function readFields(reader: RdfReader): XmpFields {
  const { rdf, property, items, text } = reader;
  const value = (prefix: Prefix, name: string) => text(property(rdf, prefix, name));
  const texts = (prefix: Prefix, name: string) => items(property(rdf, prefix, name)).map(text);
  const regions = property(rdf, "mwg-rs", "Regions");
  const appliedTo = readSize(property(regions, "mwg-rs", "AppliedToDimensions"), reader);
  const fields = {
    rating: readRating(value("xmp", "Rating"), value("MicrosoftPhoto", "Rating")),
    dateTimeOriginal: parseDateTime(value("exif", "DateTimeOriginal")),
    dateCreated: parseDateTime(value("photoshop", "DateCreated")),
    createDate: parseDateTime(value("xmp", "CreateDate")),
    gpsTimeMs: readUtc(value("exif", "GPSTimeStamp")),
    ...readPlace(value("exif", "GPSLatitude"), value("exif", "GPSLongitude")),
    title: value("dc", "title"),
    description: value("dc", "description"),
    regionsAppliedTo: appliedTo,
  };
  const keywords = [...texts("dc", "subject"), ...hierarchical(texts("lr", "hierarchicalSubject"), "|")];
  const tags = hierarchical(texts("digiKam", "TagsList"), "/");
  return {
    ...withoutUndefined(fields),
    keywords: [...new Set([...keywords, ...tags])]
      .filter((word) => word !== undefined)
      .slice(0, MAX_KEYWORDS),
    faceRegions: [...readMwgRegions(regions, appliedTo, reader), ...readMicrosoftRegions(reader)].slice(
      0,
      MAX_REGIONS,
    ),
  };
}

/** `Places|Europe|Rome` is found by each of its words, so each counts as a keyword. */
const hierarchical = (paths: readonly (string | undefined)[], separator: string) =>
  paths.flatMap((path) => path?.split(separator).map((word) => cleanText(word)) ?? []);

/** Stars; Microsoft's scale is 1, 25, 50, 75, 99. */
function readRating(stars: string | undefined, percent: string | undefined): number | undefined {
  const rating = Math.round(Number(stars ?? Number.NaN));
  if (rating >= -1 && rating <= 5) return rating + 0;
  const share = Number(percent ?? Number.NaN);
  return share > 0 && share <= 100 ? Math.min(5, Math.floor((share + 1) / 25) + 1) : undefined;
}

function readUtc(text: string | undefined): number | undefined {
  const time = parseDateTime(text);
  return time && Date.parse(`${time.local}Z`) - (time.offsetMinutes ?? 0) * 60_000;
}

function readPlace(latitudeText: string | undefined, longitudeText: string | undefined) {
  const latitude = readDegrees(latitudeText, 90);
  const longitude = readDegrees(longitudeText, 180);
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return {};
  return { latitude, longitude };
}

/** `51,30.5N` or `51,30,30N` (XMP part 2, GPSCoordinate). */
function readDegrees(text: string | undefined, limit: number): number | undefined {
  const match = /^(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])$/.exec(text ?? "");
  if (match === null) return undefined;
  const value = Number(match[1]) + Number(match[2]) / 60 + Number(match[3] ?? 0) / 3600;
  if (value > limit) return undefined;
  return (match[4] === "S" || match[4] === "W") && value !== 0 ? -value : value;
}

function readSize(node: unknown, { property, text }: RdfReader): Size | undefined {
  const width = Number(text(property(node, "stDim", "w")));
  const height = Number(text(property(node, "stDim", "h")));
  return width > 0 && height > 0 && width < 1e6 && height < 1e6 ? { width, height } : undefined;
}

/** MWG: an area is given by its centre; in pixels of the stated dimensions when its unit says so. */
function readMwgRegions(regions: unknown, appliedTo: Size | undefined, rdf: RdfReader): XmpFaceRegion[] {
  const { property, items, text } = rdf;
  return items(property(regions, "mwg-rs", "RegionList")).flatMap((region) => {
    if ((text(property(region, "mwg-rs", "Type")) ?? "Face") !== "Face") return [];
    const area = property(region, "mwg-rs", "Area");
    const number = (name: string) => Number(text(property(area, "stArea", name)) ?? Number.NaN);
    const isPixels = text(property(area, "stArea", "unit")) === "pixel";
    if (isPixels && appliedTo === undefined) return [];
    const { width, height } = isPixels ? appliedTo! : { width: 1, height: 1 };
    const w = number("w") / width;
    const h = number("h") / height;
    const box = { x: number("x") / width - w / 2, y: number("y") / height - h / 2, width: w, height: h };
    return toRegion(text(property(region, "mwg-rs", "Name")), box);
  });
}

/** Microsoft: `x, y, width, height` as fractions from the top-left corner. */
function readMicrosoftRegions({ rdf, property, items, text }: RdfReader): XmpFaceRegion[] {
  const regions = property(property(rdf, "MP", "RegionInfo"), "MPRI", "Regions");
  return items(regions).flatMap((region) => {
    const parts = (text(property(region, "MPReg", "Rectangle")) ?? "").split(",").map(Number);
    if (parts.length !== 4) return [];
    const [x, y, width, height] = parts as [number, number, number, number];
    return toRegion(text(property(region, "MPReg", "PersonDisplayName")), { x, y, width, height });
  });
}

/** The region cut to the image; nothing when it is empty, outside, or not made of numbers. */
function toRegion(name: string | undefined, box: Box): XmpFaceRegion[] {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const width = Math.min(1, box.x + box.width) - x;
  const height = Math.min(1, box.y + box.height) - y;
  if (!(width > 0 && height > 0)) return [];
  return [{ normalizedBox: { x, y, width, height }, ...(name !== undefined && { name }) }];
}
