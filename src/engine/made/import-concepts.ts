import type { ConceptExample } from "../../core/concept-decision.ts";
import type { MadeDocument, PhotoRef } from "../../core/made-document.ts";
import type { ConceptStore } from "../../database/concepts/concept-store.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { Concepts } from "../concepts/concepts.ts";
import { type ImportCounts, orNoteProblem } from "./import-counts.ts";

export interface ConceptImportOptions {
  readonly store: Pick<MadeStore, "findPhotos">;
  readonly concepts: Pick<Concepts, "create" | "teach" | "teachQuery">;
  readonly known: Pick<ConceptStore, "find" | "examplesOf">;
}

/**
 * Takes concepts over, told by their names: examples are added to those that were given here. Where both speak of one photo the
 * import counts.
 */
export function createConceptImport({ store, concepts, known }: ConceptImportOptions) {
  async function toExamples(
    refs: readonly PhotoRef[],
    isExample: boolean,
  ): Promise<readonly ConceptExample[]> {
    const found = await store.findPhotos(refs);
    return found.flatMap((photoId) => (photoId === undefined ? [] : [{ photoId, isExample }]));
  }

  return async function importConcepts(
    made: MadeDocument["concepts"],
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    for (const { kind, name, ...said } of made) {
      await orNoteProblem(`concept "${name}"`, counts, async () => {
        const wanted = [
          ...(await toExamples(said.examples, true)),
          ...(await toExamples(said.counterexamples, false)),
        ];
        const before = await known.find(kind, name);
        const former = before && (await known.examplesOf(before.id));
        const isNews = ({ photoId, isExample }: ConceptExample) =>
          !(isExample === true ? former?.examples : former?.counterexamples)?.includes(photoId);
        const news = wanted.filter(isNews);
        if (before !== undefined && news.length === 0) return;
        if (kind === "query" && news.length === 0) return;
        if (before !== undefined) await concepts.teach(before.id, news, actor);
        else if (kind === "named") await concepts.create(name, news, actor);
        else await concepts.teachQuery(name, news, actor);
        counts.decisions++;
        counts.conceptsChanged++;
      });
    }
  };
}
