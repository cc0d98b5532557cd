/** Words of many languages that say nothing about a photo; each language's articles, prepositions and conjunctions. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  [
    "a an and are at by for from in is it my near of on or our the their to with without was were",
    "aus bei das dem den der des die ein eine einem einen einer im in mein meine mit nahe oder ohne und unser vom von zu zum zur",
    "à au aux avec chez dans de des du en et la le les ma mes mon ou par pour près sans sur un une",
    "al con de del e el en la las los mi o para por sin su un una y",
    "ai alla allo con da dal dei della di e gli i il in la le lo mia mio nel nella o per senza su un una",
    "ao as com da das de do dos e em na nas no nos o os ou para por sem um uma",
    "aan bij de een en het met mijn of op te uit van voor zonder",
    "в во и из на около с со у",
  ].flatMap((words) => words.split(" ")),
);

/** Words for pictures, which all of the library are. */
const PICTURES: ReadonlySet<string> = new Set(
  "photo photos picture pictures pic pics image images foto fotos bild bilder photographie photographies immagine immagini imagen imágenes imagem imagens".split(
    " ",
  ),
);

const isTelling = (word: string) => {
  const plain = word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  return !STOP_WORDS.has(plain) && !PICTURES.has(plain);
};

/** Whether a word says nothing about a photo. */
export const isStopWord = (word: string) => STOP_WORDS.has(word.toLowerCase());

/** Whether a text says anything about a photo. */
export const saysSomething = (text: string) =>
  text.split(/\s+/u).some((word) => word !== "" && isTelling(word));

/** The words of a text that tell something, all of them where none does. */
export function keepTellingWords(text: string): string {
  const words = text.split(/\s+/u);
  const telling = words.filter(isTelling);
  return telling.length === 0 ? text : telling.join(" ");
}
