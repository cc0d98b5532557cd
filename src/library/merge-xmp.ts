/**
 * Writes what people said into an XMP sidecar of another program. The text is changed in as few places as need it, so that all
 * that is not understood here (development settings, other namespaces, comments, the order of things) stays byte for byte.
 *
 * The contract:
 * - Stars, title and caption are replaced where they differ, by an empty text where a human took them away; titles in other
 *   languages stay.
 * - Keywords are added; those that a human took off are taken out. Faces that are not marked are added.
 * - What is said already is left as it is written: merging twice changes nothing.
 * - A sidecar that cannot be changed in this way without a guess is refused, and stays as it is.
 */
import type { Box } from "../core/geometry.ts";
import { findXmlElements, type XmlElement } from "./xml-elements.ts";
import { escapeXml, type SidecarContent, toRegionItem, writeProperties } from "./write-xmp.ts";
import { readXmp } from "./xmp.ts";

/** Namespaces of what is written, by the prefix that {@link writeProperties} uses. */
const NAMESPACES = {
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  dc: "http://purl.org/dc/elements/1.1/",
  xmp: "http://ns.adobe.com/xap/1.0/",
  digiKam: "http://www.digikam.org/ns/1.0/",
  "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
  stArea: "http://ns.adobe.com/xmp/sType/Area#",
  stDim: "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
} as const;

/** Boxes of one face by two programs overlap at least this much: see database/people/match-boxes.ts. */
const MIN_SAME_FACE_IOU = 0.3;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Added = { -readonly [Key in keyof SidecarContent]: SidecarContent[Key] } & {
  /** Whether there is a list of them already. */
  hasKeywords: boolean;
  hasTagsList: boolean;
};

/**
 * The sidecar with the content in it; the same text where it says all of it already, undefined where it cannot be merged.
 *
 * @param removedKeywords - Those that a human took off; case does not matter.
 */
export function mergeXmp(
  former: string,
  content: SidecarContent,
  { removedKeywords }: { readonly removedKeywords: readonly string[] },
): string | undefined {
  const said = readXmp(Buffer.from(former));
  const elements = findXmlElements(former);
  if (said === undefined || elements === undefined || !hasUsualPrefixes(former)) return undefined;
  const rdf = findElement(elements, "rdf:RDF");
  const descriptions = rdf?.children.filter(({ name }) => name === "rdf:Description") ?? [];
  const [first] = descriptions;
  if (first === undefined) return undefined;

  const edits: Edit[] = [];
  /** What the sidecar says nothing of so far. */
  const added: Added = { keywords: content.keywords, faces: [], hasKeywords: true, hasTagsList: true };
  const property = (name: string) =>
    descriptions.flatMap((one) => one.children).find((one) => one.name === name);
  const attribute = (name: string) =>
    descriptions.flatMap((one) => one.attributes).find((one) => one.name === name);

  if (content.rating !== undefined && content.rating !== said.rating) {
    const place = attribute("xmp:Rating") ?? textOf(property("xmp:Rating"));
    if (place === undefined) added.rating = content.rating;
    else edits.push({ start: place.start, end: place.end, text: String(content.rating) });
  }
  for (const field of ["title", "description"] as const) {
    const text = content[field];
    if (text === undefined || text === (said[field] ?? "")) continue;
    const element = property(`dc:${field}`);
    if (element === undefined) {
      if (attribute(`dc:${field}`) !== undefined) return undefined;
      added[field] = text;
      continue;
    }
    const edit = replaceAlternative(former, element, text);
    if (edit === undefined) return undefined;
    edits.push(edit);
  }
  const removed = new Set(removedKeywords.map((name) => name.toLowerCase()));
  for (const [name, flag] of [
    ["dc:subject", "hasKeywords"],
    ["digiKam:TagsList", "hasTagsList"],
  ] as const) {
    const list = property(name);
    if (list === undefined) {
      if (attribute(name) !== undefined) return undefined;
      added[flag] = false;
      continue;
    }
    const change = changeList(former, list, { wanted: content.keywords, removed });
    if (change === undefined) return undefined;
    edits.push(...change);
  }
  const regions = property("mwg-rs:Regions");
  if (regions === undefined && content.size !== undefined) {
    added.faces = content.faces;
    added.size = content.size;
  } else if (regions !== undefined) {
    const isSameView =
      content.size !== undefined &&
      said.regionsAppliedTo !== undefined &&
      Math.sign(said.regionsAppliedTo.width - said.regionsAppliedTo.height) ===
        Math.sign(content.size.width - content.size.height);
    // Marked on the picture before it was turned: where our faces would be there is not known here.
    const change = isSameView ? addFaces(former, regions, content, said.faceRegions) : [];
    if (change === undefined) return undefined;
    edits.push(...change);
  }
  edits.push(...insertProperties(former, first, added));
  const merged = applyEdits(former, edits);
  // Whatever went wrong above, no sidecar becomes one that cannot be read.
  return readXmp(Buffer.from(merged)) === undefined || findXmlElements(merged) === undefined
    ? undefined
    : merged;
}

/** Whether the prefixes mean here what they mean everywhere; nearly all programs keep to them. */
function hasUsualPrefixes(text: string): boolean {
  const prefixOf = new Map<string, string>(Object.entries(NAMESPACES).map(([prefix, uri]) => [uri, prefix]));
  const declarations = text.matchAll(/xmlns:([\w.-]+)\s*=\s*["']([^"']*)["']/g);
  return [...declarations].every(([, prefix, uri]) => {
    const usual = prefixOf.get(uri!);
    return usual === undefined ? !(prefix! in NAMESPACES) : usual === prefix;
  });
}

function findElement(elements: readonly XmlElement[], name: string): XmlElement | undefined {
  for (const element of elements) {
    const found = element.name === name ? element : findElement(element.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the text of an element without children stands. */
function textOf(element: XmlElement | undefined) {
  if (element?.contentEnd === undefined || element.children.length > 0) return undefined;
  return { start: element.contentStart, end: element.contentEnd };
}

/** Replaces the default text of an `rdf:Alt`; those in other languages stay. */
function replaceAlternative(text: string, element: XmlElement, value: string): Edit | undefined {
  const container = element.children.find(({ name }) => name === "rdf:Alt");
  const item = container?.children.find(({ attributes }) =>
    attributes.some(({ name, start, end }) => name === "xml:lang" && text.slice(start, end) === "x-default"),
  );
  const place = textOf(item ?? container?.children[0]);
  return place && { ...place, text: escapeXml(value) };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return name === undefined ? String.fromCodePoint(code) : (ENTITIES[name as string] ?? whole);
  });
}

/** Adds what a bag or sequence lacks and takes out what was removed. */
function changeList(
  text: string,
  element: XmlElement,
  { wanted, removed }: { readonly wanted: readonly string[]; readonly removed: ReadonlySet<string> },
): readonly Edit[] | undefined {
  const container = element.children[0];
  if (container === undefined || !/^rdf:(Bag|Seq)$/.test(container.name)) return undefined;
  const items = container.children.map((item) => {
    const place = textOf(item);
    return { item, value: place === undefined ? "" : unescapeXml(text.slice(place.start, place.end)).trim() };
  });
  const known = new Set(items.map(({ value }) => value.toLowerCase()));
  const lacking = wanted.filter((value) => !known.has(value.toLowerCase()));
  const edits = items
    .filter(({ value }) => removed.has(value.toLowerCase()))
    .map(({ item }): Edit => ({ start: item.start, end: item.end, text: "" }));
  if (lacking.length === 0) return edits;
  const added = lacking.map((value) => `<rdf:li>${escapeXml(value)}</rdf:li>`).join("");
  return [...edits, append(text, container, added)];
}

/** Puts something at the end of an element, which may have closed itself so far. */
function append(text: string, { name, end, contentEnd }: XmlElement, added: string): Edit {
  if (contentEnd !== undefined) return { start: contentEnd, end: contentEnd, text: added };
  const slash = text.lastIndexOf("/", end);
  return { start: slash, end, text: `>${added}</${name}>` };
}

/** Adds faces that are not marked yet; what another program says of a face stays. */
function addFaces(
  text: string,
  regions: XmlElement,
  { faces }: SidecarContent,
  marked: readonly { readonly name?: string; readonly normalizedBox: Box }[],
): readonly Edit[] | undefined {
  const list = findElement(regions.children, "mwg-rs:RegionList")?.children[0];
  if (list === undefined) return undefined;
  const lacking = faces.filter(
    ({ name, normalizedBox }) =>
      !marked.some(
        (region) => region.name === name || overlap(region.normalizedBox, normalizedBox) >= MIN_SAME_FACE_IOU,
      ),
  );
  return lacking.length === 0 ? [] : [append(text, list, lacking.map(toRegionItem).join(""))];
}

/** Intersection over union. */
function overlap(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (one.width * one.height + other.width * other.height - shared);
}

/** Puts properties that are not there yet into a description, with the namespaces that they need. */
function insertProperties(text: string, description: XmlElement, content: Readonly<Added>): readonly Edit[] {
  const { rating } = content;
  const properties = [
    ...(rating === undefined ? [] : [`<xmp:Rating>${rating}</xmp:Rating>`]),
    ...writeProperties(content).filter(
      (property) =>
        !(content.hasKeywords && property.startsWith("<dc:subject>")) &&
        !(content.hasTagsList && property.startsWith("<digiKam:TagsList>")),
    ),
  ];
  if (properties.length === 0) return [];
  const added = properties.join("\n");
  const used = Object.entries(NAMESPACES).filter(
    ([prefix]) => added.includes(`${prefix}:`) && !isDeclared(text, prefix, description.contentStart),
  );
  const namespaces = used.map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`).join("");
  const nameEnd = description.start + 1 + description.name.length;
  return [
    ...(namespaces === "" ? [] : [{ start: nameEnd, end: nameEnd, text: namespaces }]),
    append(text, description, `${added}\n`),
  ];
}

/** Whether a prefix is declared by the description or around it; what another description declares does not count. */
function isDeclared(text: string, prefix: string, contentStart: number): boolean {
  const head = text.slice(0, contentStart);
  return new RegExp(`xmlns:${prefix}\\s*=`).test(head);
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let merged = text;
  for (const { start, end, text: replacement } of edits.toSorted((one, other) => other.start - one.start))
    merged = merged.slice(0, start) + replacement + merged.slice(end);
  return merged;
}
