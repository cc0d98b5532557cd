import type { Box, Quad } from "../../core/geometry.ts";
import type { TextField } from "../../core/search-vocabulary.ts";
import { foldText } from "../../database/fold-text.ts";
import type { PlacedFindings } from "../../database/photo-details.ts";

/** The upright rectangle around a quad. */
function boundsOf(quad: Quad): Box {
  const xs = [quad[0], quad[2], quad[4], quad[6]];
  const ys = [quad[1], quad[3], quad[5], quad[7]];
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/**
 * Where in a photo the matched words are: the text lines that hold one of them, the objects and the faces of persons
 * who are called so. Fractions
 * of the photo; empty for fields that have no place in the picture.
 */
export function findMatchingBoxes(
  field: TextField,
  words: readonly string[],
  details: PlacedFindings,
): Box[] {
  const wanted = words.map(foldText);
  const isWanted = (text: string) => {
    const folded = foldText(text);
    const compact = folded.replaceAll(/\s+/g, "");
    return wanted.some((word) => folded.includes(word) || compact.includes(word.replaceAll(/\s+/g, "")));
  };
  if (field === "text") {
    return details.textLines
      .filter(({ text }) => isWanted(text))
      .map(({ normalizedQuad }) => boundsOf(normalizedQuad));
  }
  if (field === "objects") {
    return details.objects.filter(({ label }) => isWanted(label)).map(({ normalizedBox }) => normalizedBox);
  }
  if (field === "people") {
    return details.namedFaces.filter(({ name }) => isWanted(name)).map(({ normalizedBox }) => normalizedBox);
  }
  return [];
}
