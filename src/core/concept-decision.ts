/** `named`: a thing with a name of its own; `query`: what the words of a query mean to this user. */
export const CONCEPT_KINDS = ["named", "query"] as const;
export type ConceptKind = (typeof CONCEPT_KINDS)[number];

/** What statements about a concept speak of; `example` is about one photo. */
export type ConceptField = "exists" | "name" | "isDeleted" | "example";

/** What the user says of one photo; null takes back what was said. */
export interface ConceptExample {
  readonly photoId: number;
  readonly isExample: boolean | null;
}

/** What a human can decide about concepts. Ids are UUIDs that whoever decides has drawn. */
export type ConceptDecision =
  | {
      readonly kind: "concept.create";
      readonly conceptId: string;
      readonly conceptKind: ConceptKind;
      readonly name: string;
      readonly examples: readonly ConceptExample[];
    }
  | { readonly kind: "concept.rename"; readonly conceptId: string; readonly name: string }
  | {
      readonly kind: "concept.teach";
      readonly conceptId: string;
      /** As it was then, for the history. */
      readonly name: string;
      readonly examples: readonly ConceptExample[];
    }
  | { readonly kind: "concept.delete"; readonly conceptId: string; readonly name: string };
