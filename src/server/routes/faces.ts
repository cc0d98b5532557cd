import { KeepsightError } from "../../core/errors.ts";
import { IdParams, JobAccepted } from "../../api/common.ts";
import {
  AssignFaceRequest,
  AssignFacesRequest,
  Assigned,
  ClusterAnswer,
  ClusterDetails,
  ClusterListQuery,
  ClusterPage,
  ClusterParams,
  ClusterRequest,
  Decided,
  DrawFaceRequest,
  DrawnFace,
  DualClusterAnswer,
  DualClusterRequest,
  Face,
  FaceIdsRequest,
  FaceListQuery,
  FacePage,
  FaceStats,
  LabelClusterAnswer,
  LabelClusterRequest,
  PhotoParams,
  RecogniseAnswer,
  RecogniseRequest,
  RejectFaceRequest,
  RejectFacesRequest,
  SplitClusterAnswer,
  SplitClusterRequest,
  UnassignedFacesQuery,
} from "../../api/people.ts";
import type { Whom } from "../../engine/people/decide-people.ts";
import type { People } from "../../engine/people/people.ts";
import { CLUSTER_JOB, DUAL_JOB, RECOGNISE_JOB } from "../../engine/people/people-upkeep.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import { USER } from "../actor.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { ApiServer } from "../api-server.ts";
import { toFace, toFaceCluster, toRounds } from "../present-people.ts";

const tags = ["faces"];

export interface FaceRoutesOptions {
  readonly people: People;
  readonly library: PhotoLibrary;
}

/** Faces and clusters of faces: who they are, who they are not, and what algorithms make of them. */
export function addFaceRoutes(server: ApiServer, options: FaceRoutesOptions): void {
  addFaceLists(server, options);
  addFaceDecisions(server, options);
  addClusterRoutes(server, options);
  addRecognition(server, options);
}

function addFaceLists(server: ApiServer, { people, library }: FaceRoutesOptions): void {
  const { faces, persons } = people;

  server.get(
    "/faces/photos/:photoId",
    {
      schema: {
        tags,
        summary: "Faces in a photo, left to right",
        params: PhotoParams,
        response: { 200: FacePage },
      },
    },
    async ({ params: { photoId } }) => {
      await library.get(photoId);
      const items = (await faces.ofPhoto(photoId)).map(toFace);
      return { items, total: items.length, page: 1, pageSize: Math.max(1, items.length) };
    },
  );

  server.get(
    "/faces/unassigned",
    {
      schema: {
        tags,
        summary: "Faces of nobody, best first, or the strangers that were ignored",
        querystring: UnassignedFacesQuery,
        response: { 200: FacePage },
      },
    },
    async ({ query: { page, pageSize, isIgnored } }) => {
      const { items, total } = await faces.list({
        isIgnored,
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return { items: items.map(toFace), total, page, pageSize };
    },
  );

  server.get(
    "/faces/stats",
    { schema: { tags, summary: "How many faces and persons there are", response: { 200: FaceStats } } },
    async () => {
      const modelId = await people.modelId();
      const [counts, byStatus, prototypes, embedded, trained, rounds] = await Promise.all([
        faces.counts(),
        persons.counts(),
        people.prototypes.counts(),
        modelId === undefined ? 0 : faces.countEmbedded(modelId),
        people.trainedHead(),
        people.upkeep.readRounds(),
      ]);
      return {
        totalFaces: counts.total,
        assignedFaces: counts.assigned,
        confirmedFaces: counts.confirmed,
        clusteredFaces: counts.clustered,
        lostFaces: counts.lost,
        totalPersons: byStatus.active + byStatus.hidden + byStatus.merged,
        activePersons: byStatus.active,
        hiddenPersons: byStatus.hidden,
        mergedPersons: byStatus.merged,
        totalPrototypes: [...prototypes.values()].reduce((sum, count) => sum + count, 0),
        embeddedFaces: embedded,
        modelId: modelId ?? null,
        trainedPersons: trained?.personIds.length ?? 0,
        ...toRounds(rounds),
      };
    },
  );

  server.get(
    "/faces/:id",
    { schema: { tags, summary: "One face", params: IdParams, response: { 200: Face } } },
    async ({ params: { id } }) => {
      const face = await faces.get(id);
      if (face === undefined) throw new KeepsightError("not_found", `There is no face ${id}.`);
      return toFace(face);
    },
  );
}

interface WhomBody {
  readonly personId?: string | undefined;
  readonly name?: string | undefined;
}

function toWhom({ personId, name }: WhomBody): Whom {
  return personId === undefined ? { name: name ?? "" } : { personId };
}

function addFaceDecisions(server: ApiServer, { people, library }: FaceRoutesOptions): void {
  server.post(
    "/faces/photos/:photoId",
    {
      schema: {
        tags,
        summary: "Add a face that the detector missed",
        params: PhotoParams,
        body: DrawFaceRequest,
        response: { 201: DrawnFace },
      },
    },
    async ({ params: { photoId }, body: { box, personId, name } }, reply) => {
      await library.get(photoId);
      const whom = personId === undefined && name === undefined ? undefined : toWhom({ personId, name });
      const drawn = await people.drawFace(photoId, box, whom, USER);
      return reply.code(201).send({ ...toFace(drawn), decisionIds: [...drawn.decisionIds] });
    },
  );

  server.post(
    "/faces/:id/assign",
    {
      schema: {
        tags,
        summary: "Say who a face is",
        params: IdParams,
        body: AssignFaceRequest,
        response: { 200: Assigned },
      },
    },
    async ({ params: { id }, body }) => people.assignFaces([id], toWhom(body), USER),
  );

  server.post(
    "/faces/assign",
    {
      schema: {
        tags,
        summary: "Say who several faces are",
        body: AssignFacesRequest,
        response: { 200: Assigned },
      },
    },
    async ({ body }) => people.assignFaces(body.faceIds, toWhom(body), USER),
  );

  server.post(
    "/faces/:id/reject",
    {
      schema: {
        tags,
        summary: "Say who a face is not",
        params: IdParams,
        body: RejectFaceRequest,
        response: { 200: Decided },
      },
    },
    async ({ params: { id }, body }) => people.rejectFaces([id], body.personId, USER),
  );

  server.post(
    "/faces/reject",
    {
      schema: {
        tags,
        summary: "Say who several faces are not",
        body: RejectFacesRequest,
        response: { 200: Decided },
      },
    },
    async ({ body }) => people.rejectFaces(body.faceIds, body.personId, USER),
  );

  server.post(
    "/faces/ignore",
    {
      schema: {
        tags,
        summary: "Never cluster or propose these strangers again",
        body: FaceIdsRequest,
        response: { 200: Decided },
      },
    },
    async ({ body }) => people.ignoreFaces(body.faceIds, USER),
  );

  server.post(
    "/faces/remove",
    {
      schema: {
        tags,
        summary: "Say that these are no faces",
        body: FaceIdsRequest,
        response: { 200: Decided },
      },
    },
    async ({ body }) => people.removeFaces(body.faceIds, USER),
  );

  server.post(
    "/faces/restore",
    {
      schema: {
        tags,
        summary: "Bring ignored or removed faces back",
        body: FaceIdsRequest,
        response: { 200: Decided },
      },
    },
    async ({ body }) => people.restoreFaces(body.faceIds, USER),
  );
}

function addClusterRoutes(server: ApiServer, { people }: FaceRoutesOptions): void {
  const { faces, clustering, prototypes } = people;

  server.get(
    "/faces/clusters",
    {
      schema: {
        tags,
        summary: "Clusters of faces that look alike, largest first",
        querystring: ClusterListQuery,
        response: { 200: ClusterPage },
      },
    },
    async ({ query: { page, pageSize, includeLabeled } }) => {
      const { items, total } = await faces.clusters({
        includeLabeled: includeLabeled === "true",
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return { items: items.map(toFaceCluster), total, page, pageSize };
    },
  );

  server.get(
    "/faces/clusters/:clusterId",
    {
      schema: {
        tags,
        summary: "A cluster with its faces, best first",
        params: ClusterParams,
        querystring: FaceListQuery,
        response: { 200: ClusterDetails },
      },
    },
    async ({ params: { clusterId }, query: { page, pageSize } }) => {
      const cluster = await faces.cluster(clusterId);
      if (cluster === undefined) throw new KeepsightError("not_found", `There is no cluster ${clusterId}.`);
      const [{ items }, faceIds] = await Promise.all([
        faces.list({ clusterId, limit: pageSize, offset: (page - 1) * pageSize }),
        faces.facesOfCluster(clusterId),
      ]);
      const { faceCount, personId, personName } = toFaceCluster(cluster);
      return { clusterId, faces: items.map(toFace), faceIds: [...faceIds], faceCount, personId, personName };
    },
  );

  server.post(
    "/faces/clusters/:clusterId/label",
    {
      schema: {
        tags,
        summary: "Name a cluster: its faces become that person, made if there is none of the name",
        params: ClusterParams,
        body: LabelClusterRequest,
        response: { 200: LabelClusterAnswer },
      },
    },
    async ({ params: { clusterId }, body: { name } }) => {
      const done = await people.labelCluster(clusterId, name, USER);
      const modelId = await people.modelId();
      // Somebody named without a recogniser has no prototypes yet; the name holds all the same.
      if (modelId !== undefined) await people.known.prototypes(modelId);
      const prototypesCreated = (await prototypes.counts()).get(done.personId) ?? 0;
      const { personId, personName, facesChanged: facesLabeled, decisionId } = done;
      return { personId, personName, facesLabeled, prototypesCreated, decisionId };
    },
  );

  server.post(
    "/faces/clusters/:clusterId/split",
    {
      schema: {
        tags,
        summary: "Divide a cluster into tighter ones",
        params: ClusterParams,
        body: SplitClusterRequest,
        response: { 200: SplitClusterAnswer },
      },
    },
    async ({ params: { clusterId }, body: { minClusterSize } }) => {
      const split = await clustering.splitCluster(clusterId, minClusterSize, USER);
      return {
        originalClusterId: clusterId,
        newClusters: [...split.clusterIds],
        decisionId: split.decisionId ?? null,
        status: split.clusterIds.length > 0 ? ("split" as const) : ("unchanged" as const),
      };
    },
  );
}

function addRecognition(server: ApiServer, { people }: FaceRoutesOptions): void {
  const { clustering, upkeep } = people;
  const response = <T>(answer: T) => ({ 200: answer, 202: JobAccepted });

  for (const path of ["/faces/cluster", "/faces/auto-cluster"] as const) {
    server.post(
      path,
      {
        schema: {
          tags,
          summary: "Cluster the faces of nobody",
          body: ClusterRequest,
          response: response(ClusterAnswer),
        },
      },
      async ({ body: { queue, ...options } }, reply) => {
        if (queue) return reply.code(202).send({ jobId: await upkeep.queue(CLUSTER_JOB, options) });
        return { ...(await clustering.cluster(withoutUndefined(options))), status: "completed" as const };
      },
    );
  }

  server.post(
    "/faces/cluster/dual",
    {
      schema: {
        tags,
        summary: "Assign faces to known persons, then cluster the rest",
        body: DualClusterRequest,
        response: response(DualClusterAnswer),
      },
    },
    async ({ body: { queue, ...options } }, reply) => {
      if (queue) return reply.code(202).send({ jobId: await upkeep.queue(DUAL_JOB, options) });
      const started = performance.now();
      const done = await clustering.clusterDual(withoutUndefined(options));
      const executionTimeSeconds = Math.round(performance.now() - started) / 1000;
      return { status: "completed" as const, ...done, executionTimeSeconds };
    },
  );

  server.post(
    "/faces/assign-matches",
    {
      schema: {
        tags,
        summary: "Compare faces with the prototypes of known persons",
        body: RecogniseRequest,
        response: response(RecogniseAnswer),
      },
    },
    async ({ body: { queue, since, maxFaces, threshold } }, reply) => {
      const sinceMs = since === undefined ? {} : { since: Date.parse(`${since}T00:00:00Z`) };
      if (queue) {
        const payload = { ...sinceMs, maxFaces, ...(threshold === undefined ? {} : { threshold }) };
        return reply.code(202).send({ jobId: await upkeep.queue(RECOGNISE_JOB, payload) });
      }
      const model = await people.recogniser();
      const selection = { modelId: model.modelId, ...sinceMs };
      const done = await people.recognise(selection, threshold ?? model.matchThreshold, maxFaces);
      return {
        processed: done.processed,
        assigned: done.assigned,
        unassigned: done.processed - done.assigned,
        status: "completed" as const,
      };
    },
  );
}
