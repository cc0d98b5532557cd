import vocabulary from "./tag-vocabulary.json" with { type: "json" };

/** A tag, and the sentences that say a photo deserves it. */
export interface VocabularyTag {
  readonly name: string;
  readonly prompts: readonly string[];
}

/** Words that begin with the sound of a vowel; an umbrella, but a uniform. */
const AFTER_AN = /^(?:[aeio]|u[mn](?!i)|x-)/i;

/**
 * What photos can be tagged with by a text-image model: everyday things, places, living beings, activities, occasions,
 * weather, documents, styles. In the file each group of tags has sentences of its own, because "a photo of a snow" would be
 * no English and "a photo of a diving" no sport.
 */
export const TAG_VOCABULARY: readonly VocabularyTag[] = vocabulary.groups.flatMap(({ templates, tags }) =>
  tags.map((tag) => ({
    name: tag.replace(/^(?:a|an|the) /, ""),
    prompts: templates.map((template) => fill(template, tag)),
  })),
);

/**
 * Name and version of tagging with this vocabulary, a part of what makes a photo's tags: they are made anew when it
 * changes. Raise the version in the file with every change of tags or sentences, and of how they are scored.
 */
export const ZERO_SHOT_TAGS_ID = `zero-shot-tags-${vocabulary.version}`;

/** The sentence with the tag in its place, and "an" where it belongs. */
function fill(template: string, tag: string): string {
  const sentence = AFTER_AN.test(tag) ? template.replace(/\ba \{\}/, "an {}") : template;
  return sentence.replace("{}", tag);
}
