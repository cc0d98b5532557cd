/** Where an attribute's value stands in the text, without its quotes. */
export interface XmlAttribute {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** An element and where its parts stand in the text: for changing one place and leaving every other byte as it is. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** Behind the opening tag. */
  readonly contentStart: number;
  /** Before the closing tag; undefined where the element closes itself. */
  readonly contentEnd: number | undefined;
}

/** Comments, CDATA, instructions and tags; quoted values may hold any character. */
const MARKUP =
  /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g;

type OpenElement = Omit<XmlElement, "end" | "contentEnd"> & { readonly children: XmlElement[] };

/** The outermost elements of a text; undefined when it is not well-formed, or has declarations. */
export function findXmlElements(text: string): readonly XmlElement[] | undefined {
  const roots: XmlElement[] = [];
  const open: OpenElement[] = [];
  let position = 0;
  for (const match of text.matchAll(MARKUP)) {
    const [whole, closing, opening, attributes = "", slash] = match;
    // Between two pieces of markup stands text, in which no other markup hides.
    if (text.slice(position, match.index).includes("<")) return undefined;
    position = match.index + whole.length;
    if (closing !== undefined) {
      const element = open.pop();
      if (element?.name !== closing) return undefined;
      const closed = { ...element, end: position, contentEnd: match.index };
      (open.at(-1)?.children ?? roots).push(closed);
    } else if (opening !== undefined) {
      const element = {
        name: opening,
        attributes: readAttributes(attributes, match.index + 1 + opening.length),
        children: [],
        start: match.index,
        contentStart: position,
      };
      if (slash === "/")
        (open.at(-1)?.children ?? roots).push({ ...element, end: position, contentEnd: undefined });
      else open.push(element);
    }
  }
  return open.length > 0 || text.slice(position).includes("<") ? undefined : roots;
}

function readAttributes(text: string, offset: number): readonly XmlAttribute[] {
  return Array.from(text.matchAll(ATTRIBUTE), ({ index, 0: whole, 1: name, 2: quoted }) => {
    const end = offset + index + whole.length - 1;
    return { name: name!, start: end - quoted!.length + 2, end };
  });
}
