import type { Transaction } from "kysely";
import { applyAlbumFacts } from "../decided/apply-album-facts.ts";
import { applyPhotoFields, applyPhotoTags } from "../decided/apply-photo-facts.ts";
import {
  insertLibraryFacts,
  type LibraryFact,
  switchLibraryFacts,
  toLibraryFacts,
} from "../decided/facts.ts";
import { refresh } from "../people/refresh.ts";
import type { Schema } from "../schema.ts";
import { type Inheritance, type KeptCopy, planInheritance } from "./plan-inheritance.ts";

/** Told of photos whose text changed, inside the transaction. */
type OnPhotosChanged = (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;

/** Gives keepers what was said of their losers. */
export interface Inheritor {
  give(transaction: Transaction<Schema>, decisionId: number, copies: readonly KeptCopy[]): Promise<void>;
  readonly onPhotosChanged: OnPhotosChanged;
}

/** What is inherited are statements of the decision that resolved the group, so that they go when it is taken back. */
export function createInheritor(onPhotosChanged: OnPhotosChanged): Inheritor {
  return {
    onPhotosChanged,
    async give(transaction, decisionId, copies) {
      const inherited = await planInheritance(transaction, copies);
      const facts = copies.flatMap(({ keeperId }, i) => toFacts(keeperId, inherited[i]!));
      await insertLibraryFacts(transaction, decisionId, facts);
      const named = inherited.flatMap(({ faces }) => faces);
      for (const { faceId, personId } of named) {
        await transaction
          .insertInto("faceFacts")
          .values({ decisionId, faceId, field: "person", value: personId, source: "human" })
          .execute();
      }
      await apply(
        transaction,
        facts,
        named.map(({ faceId }) => faceId),
        onPhotosChanged,
      );
    },
  };
}

/** Switches what a decision gave to keepers off or on. */
export async function switchInheritance(
  transaction: Transaction<Schema>,
  decisionId: number,
  isActive: boolean,
  onPhotosChanged: OnPhotosChanged,
): Promise<void> {
  const facts = await switchLibraryFacts(transaction, decisionId, isActive);
  const faces = await transaction
    .updateTable("faceFacts")
    .set({ isActive: isActive ? 1 : 0 })
    .where("decisionId", "=", decisionId)
    .returning("faceId")
    .execute();
  await apply(
    transaction,
    facts,
    faces.map(({ faceId }) => faceId),
    onPhotosChanged,
  );
}

function toFacts(keeperId: number, inherited: Inheritance): readonly LibraryFact[] {
  const { tags, albums, rating, title, description, isFavourite } = inherited;
  return [
    ...toLibraryFacts({
      kind: "photo.update",
      photoIds: [keeperId],
      changes: {
        ...(tags.length === 0 ? {} : { addTags: tags }),
        ...(rating === undefined ? {} : { rating }),
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { description }),
        ...(isFavourite ? { isFavourite } : {}),
      },
    }),
    ...albums.flatMap(({ albumId }) => toLibraryFacts({ kind: "album.add", albumId, photoIds: [keeperId] })),
  ];
}

async function apply(
  transaction: Transaction<Schema>,
  facts: readonly LibraryFact[],
  faceIds: readonly number[],
  onPhotosChanged: OnPhotosChanged,
): Promise<void> {
  const ofPhotos = facts.filter(({ subject }) => subject === "photo");
  const photoIds = [...new Set(ofPhotos.map(({ subjectId }) => Number(subjectId)))];
  if (photoIds.length > 0) {
    await applyPhotoFields(transaction, photoIds);
    await applyPhotoTags(transaction, photoIds);
  }
  const albumIds = facts.filter(({ subject }) => subject === "album").map(({ subjectId }) => subjectId);
  await applyAlbumFacts(transaction, [...new Set(albumIds)]);
  const { photoIds: renamed } = await refresh(transaction, { personIds: [], faceIds });
  const changed = [...new Set([...photoIds, ...renamed])];
  if (changed.length > 0) await onPhotosChanged(transaction, changed);
}
