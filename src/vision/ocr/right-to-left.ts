const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Words and numbers that are written from left to right within such a line, with what holds them together. */
const LEFT_TO_RIGHT_RUN = /[\p{Script=Latin}\p{N}]+(?:[ .,:;/%+\-–_@&'’]*[\p{Script=Latin}\p{N}]+)*%?/gu;

/** True for text with letters that are written from right to left. */
export function isRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/**
 * A line in the order in which it is spoken and typed, from the order in which its characters stand in the picture from
 * left to right: recognisers of Arabic are trained on pictures and know nothing else. Latin words and numbers keep their
 * order. Lines without letters from right to left are as they were. After PaddleOCR's `pred_reverse`.
 */
export function toLogicalOrder(visual: string): string {
  if (!isRightToLeft(visual)) return visual;
  const pieces: string[] = [];
  let end = 0;
  for (const { 0: run, index } of visual.matchAll(LEFT_TO_RIGHT_RUN)) {
    pieces.push(...splitCharacters(visual.slice(end, index)), run);
    end = index + run.length;
  }
  pieces.push(...splitCharacters(visual.slice(end)));
  return pieces.reverse().join("");
}

/** What counts as one character: a letter with the marks above and below it. */
function splitCharacters(text: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map(
    ({ segment }) => segment,
  );
}
