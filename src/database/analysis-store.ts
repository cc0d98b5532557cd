import { sql, type Transaction } from "kysely";
import {
  NOT_WANTED,
  type PhotoAnalysis,
  type PhotoMetadata,
  type SidecarFile,
  type Step,
  type StepOutcome,
} from "../core/photo-analysis.ts";
import type { Database } from "./database.ts";
import { restorePhotoFacts } from "./decided/apply-photo-facts.ts";
import {
  type Derivative,
  type FacePlace,
  type PhotoDetails,
  type PlacedFindings,
  readFacePlaces,
  readPhotoDetails,
  readPlacedFindings,
} from "./photo-details.ts";
import {
  saveFaces,
  saveFingerprints,
  saveMetadata,
  saveModelTags,
  saveObjectEmbeddings,
  saveObjects,
  savePhotoEmbedding,
  savePreprocessing,
  saveTextLines,
} from "./save-findings.ts";
import { readSteps, saveStatus, saveStepOutcomes, type StepRow } from "./save-steps.ts";
import type { Schema } from "./schema.ts";
import type { TextIndex } from "./text-index.ts";

/** A photo with the steps that should run on it. */
export interface PhotoWork {
  readonly photoId: number;
  readonly contentVersion: number;
  readonly steps: readonly Step[];
}

/** Which work is looked for. */
export interface WorkOptions {
  /** Steps that can run, with what makes their results. */
  readonly wanted: Partial<Readonly<Record<Step, string>>>;
  readonly retryFailed: boolean;
  /** Leaves photos out of which some job failed for good or was cancelled: whoever is to try again has been told. */
  readonly leaveEnded?: boolean;
  readonly afterId: number;
  readonly limit: number;
}

/** Results of analysis. */
export interface AnalysisStore {
  /**
   * Stores what one pass found, whole or not at all: each step that ended `done` replaces its rows, a step that failed or
   * was skipped keeps the old ones, a step not mentioned is untouched. False, with nothing changed, when the photo is gone
   * or its content has changed since `contentVersion`.
   */
  saveAnalysis(
    photoId: number,
    contentVersion: number,
    analysis: PhotoAnalysis,
    derivatives: readonly Derivative[],
  ): Promise<boolean>;
  /** Stores metadata that were read anew, as the step that reads them does; nothing else changes. False as above. */
  saveMetadata(
    photoId: number,
    contentVersion: number,
    read: { readonly metadata: PhotoMetadata; readonly sidecar?: SidecarFile | undefined },
  ): Promise<boolean>;
  /** Stores the outcome of a step that leaves no rows of its own (`duplicates`, or an analysis that never came back). */
  saveStep(photoId: number, contentVersion: number, step: Step, outcome: StepOutcome): Promise<boolean>;
  getDetails(photoId: number): Promise<PhotoDetails | undefined>;
  /** Where the faces of a photo are. */
  getFacePlaces(photoId: number): Promise<readonly FacePlace[]>;
  /** Where a face is, unless somebody said that it is none. */
  getFacePlace(faceId: number): Promise<FacePlace | undefined>;
  /** The steps of a photo that whoever added it did without. */
  unwantedSteps(photoId: number): Promise<readonly Step[]>;
  /** Text lines and objects of several photos, by photo id; photos without any are left out. */
  getPlacedFindings(photoIds: readonly number[]): Promise<ReadonlyMap<number, PlacedFindings>>;
  /**
   * Photos with steps to do, in pages of ids above `afterId`: never run, pending, made by another model than wanted, or
   * skipped though a model is there now; with `retryFailed` failed ones too, and photos that could not be decoded. Missing
   * and hidden photos are left out, and steps that were not wanted.
   */
  stepsNeedingWork(options: WorkOptions): Promise<readonly PhotoWork[]>;
  /** The steps of one photo, by the same rules; empty when there are none to do. The cost does not grow with the library. */
  stepsNeededBy(
    photoId: number,
    options: Pick<WorkOptions, "wanted" | "retryFailed">,
  ): Promise<readonly Step[]>;
}

/** The photo when its content is still of this version. */
function findCurrent(transaction: Transaction<Schema>, photoId: number, contentVersion: number) {
  return transaction
    .selectFrom("photos")
    .select(["id as photoId", "modifiedAtMs"])
    .where("id", "=", photoId)
    .where("contentVersion", "=", contentVersion)
    .executeTakeFirst();
}

async function saveFindings(
  transaction: Transaction<Schema>,
  photo: { readonly photoId: number; readonly modifiedAtMs: number },
  analysis: PhotoAnalysis,
  isNewContent: (step: Step) => boolean,
): Promise<void> {
  const { steps, objects, tags, textLines, embedding, fingerprints } = analysis;
  const modelOf = (step: Step) => steps[step]?.modelId ?? "unknown";
  const isDone = (step: Step) => steps[step]?.status === "done";
  if (isDone("preprocessing")) await savePreprocessing(transaction, photo, analysis);
  const objectIds = isDone("objects")
    ? await saveObjects(transaction, photo, objects, modelOf("objects"))
    : undefined;
  if (isDone("embeddings") && embedding !== undefined) {
    await savePhotoEmbedding(transaction, photo, embedding, isNewContent("embeddings"));
    const owners = objectIds?.map((id, i) => Object.assign({ id }, objects[i]!));
    if (owners !== undefined) await saveObjectEmbeddings(transaction, photo, owners, embedding.modelId);
  }
  if (isDone("tags")) await saveModelTags(transaction, photo, tags);
  if (isDone("ocr")) await saveTextLines(transaction, photo, textLines, modelOf("ocr"));
  if (isDone("faces")) {
    await saveFaces(transaction, photo, analysis, modelOf("faces"), isNewContent("faces"));
  }
  if (isDone("hash") && fingerprints !== undefined) await saveFingerprints(transaction, photo, fingerprints);
}

async function saveDerivatives(
  transaction: Transaction<Schema>,
  photoId: number,
  contentVersion: number,
  derivatives: readonly Derivative[],
): Promise<void> {
  for (const { kind, width, height, byteSize } of derivatives) {
    const values = { width, height, byteSize, contentVersion };
    await transaction
      .insertInto("derivatives")
      .values({ photoId, kind, ...values })
      .onConflict((conflict) => conflict.columns(["photoId", "kind"]).doUpdateSet(values))
      .execute();
  }
}

/** Whether what the step left is of older content than the photo has now. */
function isStale(stored: ReadonlyMap<Step, StepRow>, step: Step, contentVersion: number): boolean {
  const version = stored.get(step)?.contentVersion;
  return version !== undefined && version !== null && version !== contentVersion;
}

/** Photos with steps that another model made, or none; see {@link AnalysisStore}. */
async function findWork(
  { reads }: Database,
  {
    wanted,
    retryFailed,
    leaveEnded = false,
    afterId,
    limit,
    throughId,
  }: WorkOptions & { readonly throughId?: number },
): Promise<readonly PhotoWork[]> {
  const ended = sql`exists (select 1 from jobs where jobs.photo_id = photos.id and jobs.state in ('failed', 'cancelled'))`;
  const open = leaveEnded ? sql`and not ${ended}` : sql``;
  const end = throughId === undefined ? sql`` : sql`and photos.id <= ${throughId}`;
  const failed = retryFailed ? sql`or photo_steps.status = 'failed'` : sql``;
  const decodable = retryFailed ? sql`` : sql`and photos.status <> 'failed'`;
  const { rows } = await sql<{ photoId: number; contentVersion: number; steps: string }>`
    select photos.id as photo_id, photos.content_version, json_group_array(wanted.key) as steps
    from photos
    cross join json_each(${JSON.stringify(wanted)}) as wanted
    left join photo_steps on photo_steps.photo_id = photos.id and photo_steps.step = wanted.key
    where photos.id > ${afterId} ${end} and photos.missing_since is null and photos.hidden_at is null ${decodable} ${open}
      and (photo_steps.status is null or photo_steps.status in ('pending', 'running')
        or (photo_steps.status = 'skipped' and photo_steps.error_code is distinct from ${NOT_WANTED})
        or (photo_steps.status = 'done' and photo_steps.model_id is distinct from wanted.value) ${failed})
    group by photos.id order by photos.id limit ${limit}
  `.execute(reads);
  return rows.map(({ photoId, contentVersion, steps }) => ({
    photoId,
    contentVersion,
    steps: JSON.parse(steps) as Step[],
  }));
}

/** The store of analysis results in this database; the text index follows in the same transaction. */
export function createAnalysisStore({
  database,
  textIndex,
}: {
  readonly database: Database;
  readonly textIndex: TextIndex;
}): AnalysisStore {
  const { writes } = database;
  return {
    saveAnalysis: (photoId, contentVersion, analysis, derivatives) =>
      writes.transaction().execute(async (transaction) => {
        const photo = await findCurrent(transaction, photoId, contentVersion);
        if (photo === undefined) return false;
        const stored = await readSteps(transaction, photoId);
        await saveFindings(transaction, photo, analysis, (step) => isStale(stored, step, contentVersion));
        await restorePhotoFacts(transaction, photoId);
        await saveDerivatives(transaction, photoId, contentVersion, derivatives);
        await saveStepOutcomes(transaction, photoId, contentVersion, analysis.steps, stored);
        await saveStatus(transaction, photoId);
        await textIndex.update(transaction, [photoId]);
        return true;
      }),
    saveMetadata: (photoId, contentVersion, { metadata, sidecar }) =>
      writes.transaction().execute(async (transaction) => {
        const photo = await findCurrent(transaction, photoId, contentVersion);
        if (photo === undefined) return false;
        await saveMetadata(transaction, photo, metadata, sidecar);
        await restorePhotoFacts(transaction, photoId);
        await textIndex.update(transaction, [photoId]);
        return true;
      }),
    saveStep: (photoId, contentVersion, step, outcome) =>
      writes.transaction().execute(async (transaction) => {
        if ((await findCurrent(transaction, photoId, contentVersion)) === undefined) return false;
        const stored = await readSteps(transaction, photoId);
        await saveStepOutcomes(transaction, photoId, contentVersion, { [step]: outcome }, stored);
        await saveStatus(transaction, photoId);
        return true;
      }),
    getDetails: (photoId) => readPhotoDetails(database.reads, photoId),
    getFacePlaces: (photoId) => readFacePlaces(database.reads, { photoId }),
    async getFacePlace(faceId) {
      const [place] = await readFacePlaces(database.reads, { faceId });
      return place;
    },
    async unwantedSteps(photoId) {
      const rows = await database.reads
        .selectFrom("photoSteps")
        .select("step")
        .where("photoId", "=", photoId)
        .where("errorCode", "=", NOT_WANTED)
        .execute();
      return rows.map(({ step }) => step);
    },
    getPlacedFindings: (photoIds) => readPlacedFindings(database.reads, photoIds),
    stepsNeedingWork: (options) => findWork(database, options),
    async stepsNeededBy(photoId, options) {
      const range = { afterId: photoId - 1, throughId: photoId, limit: 1 };
      const [work] = await findWork(database, { ...options, ...range });
      return work?.steps ?? [];
    },
  };
}
