import type { Box, Size } from "../core/geometry.ts";

/** What a sidecar says of a photo. */
export interface SidecarContent {
  /** 0–5. */
  readonly rating?: number;
  /** Empty where a human took away what there was; the same of the description. */
  readonly title?: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  /** Faces with names; fractions of the upright photo. */
  readonly faces: readonly { readonly name: string; readonly normalizedBox: Box }[];
  /** Pixels of the upright photo, on which faces are marked; no faces are written without. */
  readonly size?: Size;
}

/** Says that a sidecar was written here, and may be written anew. */
const TOOLKIT = "Keepsight";

/** Whether a sidecar was written by {@link writeXmp}: only such a one may be replaced. */
export function isOwnXmp(text: string): boolean {
  return text.includes(`x:xmptk="${TOOLKIT}"`);
}

/**
 * An XMP sidecar (ISO 16684-1): keywords and captions in Dublin Core, stars in XMP, keywords also as digiKam's tag list, and
 * faces as MWG regions (Guidelines for Handling Image Metadata 2.0, §5.9), as Lightroom and digiKam read them. The same
 * content gives the same text.
 */
export function writeXmp(content: SidecarContent): string {
  const { rating } = content;
  const attributes = rating === undefined ? "" : ` xmp:Rating="${rating}"`;
  const properties = writeProperties(content);
  return `<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="${TOOLKIT}">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:digiKam="http://www.digikam.org/ns/1.0/"
  xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
  xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
  xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"${attributes}>
${properties.join("\n")}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
`;
}

/** All but the stars, an element each; namespaces by their usual prefixes. */
export function writeProperties({
  title,
  description,
  keywords,
  faces,
  size,
}: SidecarContent): readonly string[] {
  return [
    ...(title === undefined ? [] : [`<dc:title>${alternative(title)}</dc:title>`]),
    ...(description === undefined ? [] : [`<dc:description>${alternative(description)}</dc:description>`]),
    ...(keywords.length === 0 ? [] : [list("dc:subject", "Bag", keywords)]),
    ...(keywords.length === 0 ? [] : [list("digiKam:TagsList", "Seq", keywords)]),
    ...(faces.length === 0 || size === undefined ? [] : [regions(faces, size)]),
  ];
}

function alternative(text: string): string {
  return `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(text)}</rdf:li></rdf:Alt>`;
}

function list(name: string, kind: "Bag" | "Seq", items: readonly string[]): string {
  const entries = items.map((item) => `<rdf:li>${escapeXml(item)}</rdf:li>`).join("");
  return `<${name}><rdf:${kind}>${entries}</rdf:${kind}></${name}>`;
}

function regions(faces: SidecarContent["faces"], { width, height }: Size): string {
  const items = faces.map(toRegionItem);
  return `<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="${width}" stDim:h="${height}" stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag>${items.join("")}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>`;
}

/** A face as a member of a list of MWG regions, whose areas are told by their centre. */
export function toRegionItem({ name, normalizedBox: box }: SidecarContent["faces"][number]): string {
  const area = `stArea:x="${toFraction(box.x + box.width / 2)}" stArea:y="${toFraction(box.y + box.height / 2)}" stArea:w="${toFraction(box.width)}" stArea:h="${toFraction(box.height)}" stArea:unit="normalized"`;
  return `<rdf:li><rdf:Description mwg-rs:Name="${escapeXml(name)}" mwg-rs:Type="Face"><mwg-rs:Area ${area}/></rdf:Description></rdf:li>`;
}

const toFraction = (value: number) => String(Math.round(value * 1e6) / 1e6);

/** Characters that XML 1.0 has no way to write are left out. */
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text as it stands in elements and attributes. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(UNWRITABLE, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
