import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";
import { PhotoParams } from "../../api/people.ts";
import {
  DetectFields,
  DetectForm,
  DetectPhotoAnswer,
  DetectPhotoRequest,
  FaceIngestAnswer,
  FaceSearchForm,
  FaceSearchRequest,
  FaceSearchResult,
  SeenFaces,
  VerifyAnswer,
  VerifyFields,
  VerifyForm,
} from "../../api/faces.ts";
import { JobAccepted } from "../../api/common.ts";
import { IngestForm, IngestOptions } from "../../api/ingest.ts";
import type { Uploads } from "../../engine/import/upload-photo.ts";
import type { People } from "../../engine/people/people.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import type { ApiServer } from "../api-server.ts";
import { toFace } from "../present-people.ts";
import { toSeenFace } from "../present-faces.ts";
import { toPhotoSummary } from "../present.ts";
import { readForm } from "../read-form.ts";
import { parseStrictly } from "../unknown-fields.ts";

const tags = ["faces"];

/** Somebody who waits for an analysis gets the job instead after this long, milliseconds. */
const PATIENCE_MS = 60_000;

type Picture = Awaited<ReturnType<People["looks"]["receive"]>>;

export interface FaceLookRoutesOptions {
  readonly people: People;
  readonly library: PhotoLibrary;
  readonly uploads: Uploads;
  readonly maxUploadBytes: number;
}

/** Faces in pictures that are sent, which are not kept; in photos of the library; and photos of faces like these. */
export function addFaceLookRoutes(server: ApiServer, options: FaceLookRoutesOptions): void {
  addLooks(server, options);
  addPhotoDetection(server, options);
  addFaceSearch(server, options);
}

/**
 * Reads a form with so many pictures, hands its checked fields and the pictures to `work`, and removes the pictures whatever
 * happens.
 */
async function withPictures<S extends z.ZodType, T>(
  request: FastifyRequest,
  { people, maxUploadBytes }: FaceLookRoutesOptions,
  { schema, count }: { readonly schema: S; readonly count: readonly [least: number, most: number] },
  work: (fields: z.output<S>, pictures: readonly Picture[]) => Promise<T>,
): Promise<T> {
  const [least, most] = count;
  const fields: Record<string, unknown> = {};
  const pictures: Picture[] = [];
  try {
    for await (const part of readForm(request, { files: most, maxUploadBytes })) {
      if (part.type === "field") fields[part.fieldname] = part.value;
      else pictures.push(await people.looks.receive(part.file, part.filename ?? "the picture"));
    }
    if (pictures.length < least) {
      const wanted =
        least === 1 ? "a picture as the part `file`" : "two pictures as the parts `file1` and `file2`";
      throw new KeepsightError("bad_request", `Send ${wanted}.`);
    }
    return await work(parseStrictly(schema, fields), pictures);
  } finally {
    await people.looks.discard(pictures);
  }
}

const ONE = [1, 1] as const;
const TWO = [2, 2] as const;

function addLooks(server: ApiServer, options: FaceLookRoutesOptions): void {
  const { looks } = options.people;
  const consumes = ["multipart/form-data"];

  async function look(request: FastifyRequest, isAll: boolean, hasCandidates: boolean): Promise<SeenFaces> {
    return withPictures(request, options, { schema: DetectFields, count: ONE }, async (fields, [picture]) => {
      const seen = await looks.look(picture!, fields);
      const candidates = hasCandidates ? await looks.candidates(seen) : undefined;
      const { size, faces, embeddingModelId } = seen;
      return {
        ...size,
        faceCount: faces.length,
        faces: faces.map((face, i) =>
          toSeenFace(face, size, {
            hasEmbedding: isAll || fields.includeEmbedding,
            candidates: candidates?.[i],
          }),
        ),
        modelId: embeddingModelId ?? null,
      };
    });
  }

  for (const [path, summary, isAll, hasCandidates] of [
    ["/faces/detect", "Find the faces in a picture", false, false],
    ["/faces/recognize", "Find the faces in a picture, and whom of the library they look like", false, true],
    ["/faces/full", "Everything about the faces in a picture: quality, embeddings, likenesses", true, true],
  ] as const) {
    server.post(
      path,
      { config: { form: DetectForm }, schema: { tags, summary, consumes, response: { 200: SeenFaces } } },
      async (request) => look(request, isAll, hasCandidates),
    );
  }

  server.post(
    "/faces/verify",
    {
      config: { form: VerifyForm },
      schema: {
        tags,
        summary: "Whether two pictures show one person",
        consumes,
        response: { 200: VerifyAnswer },
      },
    },
    async (request) =>
      withPictures(request, options, { schema: VerifyFields, count: TWO }, async (fields, [one, other]) => {
        const { faces, similarity, threshold, modelId, sizes } = await looks.compare(one!, other!, fields);
        const missing = [one!, other!].filter((_, i) => faces[i] === undefined);
        return {
          isMatch: similarity !== undefined && similarity >= threshold,
          similarity: similarity ?? null,
          threshold,
          modelId,
          faces: faces.map((face, i) => (face === undefined ? null : toSeenFace(face, sizes[i]!, {}))),
          notice:
            missing.length === 0
              ? null
              : `No face was found in ${missing.map(({ fileName }) => fileName).join(" and ")}.`,
        };
      }),
  );
}

function addPhotoDetection(server: ApiServer, options: FaceLookRoutesOptions): void {
  const { people, library, uploads, maxUploadBytes } = options;

  server.post(
    "/faces/detect/:photoId",
    {
      schema: {
        tags,
        summary: "Look for faces in a photo of the library again",
        description:
          "Faces keep their ids and names. The limits narrow the answer; what is stored is the step's result. 202 where the queue is long.",
        params: PhotoParams,
        body: DetectPhotoRequest,
        response: { 200: DetectPhotoAnswer, 202: JobAccepted },
      },
    },
    async ({ params: { photoId }, body: { minConfidence = 0, minFaceSize = 0 } }, reply) => {
      await library.get(photoId);
      const { jobId, faces } = await people.rounds.detect(photoId, PATIENCE_MS);
      if (faces === undefined) return reply.code(202).send({ jobId });
      const wanted = faces.map(toFace).filter(({ detectionConfidence, bbox, state }) => {
        const isWanted =
          detectionConfidence >= minConfidence && Math.min(bbox.width, bbox.height) >= minFaceSize;
        return isWanted || state === "confirmed";
      });
      return { photoId, facesDetected: wanted.length, faceIds: wanted.map(({ id }) => id) };
    },
  );

  server.post(
    "/faces/ingest",
    {
      config: { form: IngestForm },
      schema: {
        tags,
        summary: "Take a photo into the library and give its faces",
        consumes: ["multipart/form-data"],
        response: { 200: FaceIngestAnswer, 202: FaceIngestAnswer },
      },
    },
    async (request, reply) => {
      const added = await takeIn(request);
      const { photoId, status } = added;
      const faces =
        added.status === "accepted"
          ? await people.rounds.facesAfter(added.jobId, photoId, PATIENCE_MS)
          : await people.faces.ofPhoto(photoId);
      return reply.code(faces === undefined ? 202 : 200).send({
        status,
        photoId,
        jobId: faces === undefined && added.status === "accepted" ? added.jobId : null,
        facesDetected: faces?.length ?? 0,
        faces: (faces ?? []).map(toFace),
      });
    },
  );

  async function takeIn(request: FastifyRequest) {
    const fields: Record<string, unknown> = {};
    const described = Promise.withResolvers<Parameters<Uploads["add"]>[1]>();
    described.promise.catch(() => undefined);
    let added: ReturnType<Uploads["add"]> | undefined;
    try {
      for await (const part of readForm(request, { files: 1, maxUploadBytes })) {
        if (part.type === "field") fields[part.fieldname] = part.value;
        else {
          const fileName = part.filename ?? "";
          added = uploads.add(
            part.file,
            described.promise.then(async (more) => ({ ...(await more), fileName })),
          );
          added.catch(() => undefined);
        }
      }
      const { tags: words, skipDuplicates, imageId } = parseStrictly(IngestOptions, fields);
      described.resolve({
        fileName: "",
        tags: words,
        skipDuplicates,
        withoutSteps: [],
        ...(imageId === undefined ? {} : { externalId: imageId }),
      });
    } catch (error) {
      described.reject(error);
      await added;
      throw error;
    }
    if (added === undefined)
      throw new KeepsightError("bad_request", "The request has no file; send it as the part `file`.");
    return added;
  }
}

function addFaceSearch(server: ApiServer, options: FaceLookRoutesOptions): void {
  const { searchFaces, looks } = options.people;

  async function findFace(picture: Picture) {
    const { faces, embeddingModelId: modelId } = await looks.look(picture, {});
    const embedding = looks.choose(faces)?.embedding;
    return embedding === undefined || modelId === undefined ? undefined : { embedding, modelId };
  }

  async function search(
    query: Parameters<typeof searchFaces>[0],
    { limit, minSimilarity }: z.output<typeof FaceSearchRequest>,
  ): Promise<z.input<typeof FaceSearchResult>> {
    const answer = await searchFaces(query, { limit, minSimilarity });
    return {
      items: answer.matches.map(({ face, photo, similarity }) => ({
        face: toFace(face),
        photo: toPhotoSummary(photo),
        similarity,
      })),
      minSimilarity: answer.minSimilarity,
      modelId: answer.modelId,
      notice: null,
    };
  }

  server.post(
    "/search/face",
    {
      config: { form: FaceSearchForm },
      schema: {
        tags: ["search"],
        summary: "Faces and photos of whoever looks like a face of the library, or one in a picture",
        consumes: ["application/json", "multipart/form-data"],
        response: { 200: FaceSearchResult },
      },
    },
    async (request) => {
      if (request.isMultipart()) {
        return withPictures(
          request,
          options,
          { schema: FaceSearchRequest, count: ONE },
          async (fields, [picture]) => {
            const query = await findFace(picture!);
            if (query !== undefined) return search(query, fields);
            const { modelId } = await options.people.recogniser();
            const notice = `No face was found in ${picture!.fileName}.`;
            return { items: [], minSimilarity: fields.minSimilarity ?? 0, modelId, notice };
          },
        );
      }
      const schema = FaceSearchRequest.refine(
        ({ faceId, faceIds }) => (faceId === undefined) !== (faceIds === undefined),
        { message: "give either faceId or faceIds, or send a picture", path: ["faceId"] },
      );
      const wanted = parseStrictly(schema, request.body);
      const faceIds = wanted.faceIds ?? [wanted.faceId!];
      return search({ faceIds: [...new Set(faceIds)] }, wanted);
    },
  );
}
