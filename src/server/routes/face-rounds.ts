import { JobAccepted } from "../../api/common.ts";
import {
  BackfillAnswer,
  BackfillRequest,
  CentroidsAnswer,
  CentroidsRequest,
  OrphansAnswer,
  OrphansRequest,
  TrainAnswer,
  TrainRequest,
} from "../../api/faces.ts";
import { FaceListQuery, FacePage } from "../../api/people.ts";
import type { People } from "../../engine/people/people.ts";
import { BACKFILL_JOB, CENTROIDS_JOB, TRAIN_JOB } from "../../engine/people/people-upkeep.ts";
import type { ApiServer } from "../api-server.ts";
import { toFace } from "../present-people.ts";

const tags = ["faces"];

/** Work on all faces of the library, at once or as a job. */
export function addFaceRoundRoutes(server: ApiServer, people: People): void {
  const { faces, known, rounds, train, upkeep } = people;

  server.get(
    "/faces/lost",
    {
      schema: {
        tags,
        summary: "Named faces that the newest detection did not find again",
        querystring: FaceListQuery,
        response: { 200: FacePage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const { items, total } = await faces.list({
        isLost: true,
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return { items: items.map(toFace), total, page, pageSize };
    },
  );

  server.post(
    "/faces/centroids",
    {
      schema: {
        tags,
        summary: "Compute the prototypes of all persons anew",
        body: CentroidsRequest,
        response: { 200: CentroidsAnswer, 202: JobAccepted },
      },
    },
    async ({ body: { queue } }, reply) => {
      if (queue) return reply.code(202).send({ jobId: await upkeep.queue(CENTROIDS_JOB) });
      const { modelId } = await people.recogniser();
      const { persons, centroids } = await known.recompute(modelId);
      return { personsProcessed: persons, centroidsComputed: centroids, status: "completed" as const };
    },
  );

  server.post(
    "/faces/train",
    {
      schema: {
        tags,
        summary: "Train a projection head on confirmed faces; it is used only where it proves better",
        body: TrainRequest,
        response: { 200: TrainAnswer, 202: JobAccepted },
      },
    },
    async ({ body: { queue, ...wanted } }, reply) => {
      if (queue) return reply.code(202).send({ jobId: await upkeep.queue(TRAIN_JOB, wanted) });
      const done = await train(wanted);
      if (done.verdict.isAccepted) await upkeep.onDecided();
      return {
        status: "completed" as const,
        personsUsed: done.personsUsed,
        totalFaces: done.totalFaces,
        trainingFaces: done.trainingFaces,
        validationFaces: done.validationFaces,
        finalTrainLoss: done.losses.at(-1) ?? null,
        finalValLoss: done.validationLoss ?? null,
        trainLosses: [...done.losses],
        modelCheckpoint: done.checkpointPath ?? null,
        trainingTimeSeconds: done.seconds,
        isUsed: done.verdict.isAccepted,
        reason: done.verdict.reason,
        knownPersons: done.verdict.knownPersons ?? null,
        unknownPersons: done.verdict.unknownPersons ?? null,
      };
    },
  );

  server.post(
    "/faces/backfill",
    {
      schema: {
        tags,
        summary: "Look for faces in photos in which nobody has",
        body: BackfillRequest,
        response: { 200: BackfillAnswer, 202: JobAccepted },
      },
    },
    async ({ body: { queue, limit, offset, minConfidence = 0 } }, reply) => {
      if (queue) return reply.code(202).send({ jobId: await upkeep.queue(BACKFILL_JOB, { limit, offset }) });
      const photoIds = await rounds.findUnseen({ limit, offset });
      const { processed, errors, totalFaces } = await rounds.detectAll(photoIds, {
        isWaiting: true,
        minConfidence,
      });
      return { processed, errors, totalFaces, status: "completed" as const };
    },
  );

  server.post(
    "/faces/find-orphans",
    {
      schema: {
        tags,
        summary: "Faces that cannot be compared for want of an embedding; look for them again if asked to",
        body: OrphansRequest,
        response: { 200: OrphansAnswer },
      },
    },
    async ({ body: { limit, fix } }) => {
      const { modelId } = await people.recogniser();
      const { facesChecked, orphans } = await rounds.findOrphans(modelId, limit);
      const byPhoto = Map.groupBy(orphans, ({ photoId }) => photoId);
      let fixed: OrphansAnswer["fixed"] = null;
      if (fix) {
        const done = await rounds.describeAnew([...byPhoto.keys()]);
        fixed = { photosProcessed: done.processed, errors: done.errors, facesDetected: done.totalFaces };
      }
      return {
        facesChecked,
        orphans: [...orphans],
        affectedPhotos: [...byPhoto].map(([photoId, own]) => ({ photoId, orphans: own.length })),
        fixed,
      };
    },
  );
}
