import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import {
  FacesRequest,
  SimilarFields,
  SimilarForm,
  SimilarRequest,
  SimilarResult,
} from "../../api/similar.ts";
import { BackgroundList } from "../../api/trust.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { People } from "../../engine/people/people.ts";
import type { FindFacesTogether } from "../../engine/search/faces-together.ts";
import type { SimilarPhotos, SimilarTerm } from "../../engine/search/similar-photos.ts";
import type { Trust } from "../../engine/search/trust.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toPhotoSummary } from "../present.ts";
import { readForm } from "../read-form.ts";
import { parseStrictly } from "../unknown-fields.ts";

const tags = ["search"];

export interface SimilarRoutesOptions {
  readonly similar: SimilarPhotos;
  readonly findFacesTogether: FindFacesTogether;
  readonly trust: Trust;
  /** Takes in pictures that are sent, which are not kept. */
  readonly people: People;
  readonly maxUploadBytes: number;
}

type Wanted = z.output<typeof SimilarFields>;
type Answer = z.output<typeof SimilarResult>;

/** Search by example: a photo, a part of it, a picture that is sent, faces, and sums of pictures and words. */
export function addSimilarRoutes(server: ApiServer, options: SimilarRoutesOptions): void {
  const { similar, trust } = options;

  server.post(
    "/search/similar",
    {
      config: { form: SimilarForm },
      schema: {
        tags,
        summary: "Photos like a photo, a part of one, or a picture that is sent",
        description:
          "JSON for photos of the library, a form for a picture of your own (the part `file`), which is not kept. Words add to the picture or take away from it: `text` and `without`, and any number of `terms` with weights. Without a text-image model, pictures that look almost the same are found (`method` says so); words, parts and sums need one.",
        consumes: ["application/json", "multipart/form-data"],
        response: { 200: SimilarResult },
      },
    },
    async (request) => {
      if (request.isMultipart()) return findLikePicture(request);
      const wanted = parseStrictly(SimilarRequest, request.body);
      const { photoId, box } = wanted;
      const own: SimilarTerm[] =
        photoId === undefined ? [] : [{ kind: "photo", photoId, normalizedBox: box, weight: 1 }];
      return find([...own, ...toTerms(wanted)], wanted);
    },
  );

  server.post(
    "/search/faces",
    {
      schema: {
        tags,
        summary: "Photos in which several faces are together, or any of them",
        body: FacesRequest,
        response: { 200: SimilarResult },
      },
    },
    async ({ body }) => {
      const { limit, offset, page, pageSize } = toPage(body);
      const answer = await options.findFacesTogether({
        faceIds: [...new Set(body.faceIds)],
        mode: body.mode,
        filter: toPhotoFilter(toQuery(body.filter)),
        minSimilarity: body.minSimilarity,
        limit,
        offset,
      });
      return {
        items: answer.photos.map(({ photo, similarity, section, normalizedBoxes }) => ({
          photo: toPhotoSummary(photo),
          similarity: round(similarity),
          section,
          boxes: [...normalizedBoxes],
        })),
        total: answer.total,
        page,
        pageSize,
        sections: answer.sections,
        verdict: answer.verdict,
        method: "faces" as const,
        modelId: answer.modelId,
        notice: null,
      };
    },
  );

  server.get(
    "/search/backgrounds",
    {
      schema: {
        tags,
        summary: "What the similarities of each text-image model mean in this library",
        description: "Measured on texts and photos drawn at random; hits are told from chance by it.",
        response: { 200: BackgroundList },
      },
    },
    async () => ({
      items: await Promise.all((await trust.list()).map((one) => presentBackground(one, trust))),
    }),
  );

  async function findLikePicture(request: FastifyRequest): Promise<Answer> {
    const { looks } = options.people;
    const fields: Record<string, unknown> = {};
    const pictures: Awaited<ReturnType<typeof looks.receive>>[] = [];
    try {
      for await (const part of readForm(request, { files: 1, maxUploadBytes: options.maxUploadBytes })) {
        if (part.type === "field") fields[part.fieldname] = part.value;
        else pictures.push(await looks.receive(part.file, part.filename ?? "the picture"));
      }
      const [picture] = pictures;
      if (picture === undefined)
        throw new KeepsightError("bad_request", "Send a picture as the part `file`.");
      const wanted = parseStrictly(SimilarFields, fields);
      const own: SimilarTerm = {
        kind: "picture",
        path: picture.path,
        normalizedBox: wanted.box,
        weight: 1,
      };
      return await find([own, ...toTerms(wanted)], wanted);
    } finally {
      await looks.discard(pictures);
    }
  }

  async function find(terms: readonly SimilarTerm[], wanted: Wanted): Promise<Answer> {
    if (terms.length === 0) {
      throw new KeepsightError(
        "bad_request",
        "Say what photos are to be like: `photoId`, `text`, `terms`, or a picture as the part `file`.",
      );
    }
    const { limit, offset, page, pageSize } = toPage(wanted);
    const answer = await similar.find({
      terms,
      filter: toPhotoFilter(toQuery(wanted.filter)),
      minSimilarity: wanted.minSimilarity,
      limit,
      offset,
    });
    return {
      items: answer.photos.map(({ photo, similarity, section }) => ({
        photo: toPhotoSummary(photo),
        similarity: round(similarity),
        section,
        boxes: [],
      })),
      total: answer.total,
      page,
      pageSize,
      sections: answer.sections,
      verdict: answer.verdict,
      method: answer.method,
      modelId: answer.modelId ?? null,
      notice: answer.notice ?? null,
    };
  }
}

const round = (value: number) => Math.round(value * 1e5) / 1e5;

function toPage({ page, pageSize, limit = pageSize }: Pick<Wanted, "page" | "pageSize" | "limit">) {
  return { limit, offset: (page - 1) * limit, page, pageSize: limit };
}

/** The filters as the query parameters of a search would give them. */
function toQuery(filter: Wanted["filter"]): Parameters<typeof toPhotoFilter>[0] {
  return filter ?? {};
}

/** Words that add to a picture or take away from it, and whatever else. */
function toTerms({ text, without, textWeight, terms }: Wanted): readonly SimilarTerm[] {
  return [
    ...(text === undefined ? [] : [{ kind: "text", text, weight: textWeight } as const]),
    ...(without === undefined ? [] : [{ kind: "text", text: without, weight: -textWeight } as const]),
    ...terms.map((term): SimilarTerm => {
      if ("text" in term) return { kind: "text", ...term };
      if ("conceptId" in term) return { kind: "concept", ...term };
      const { photoId, box, weight } = term;
      return { kind: "photo", photoId, normalizedBox: box, weight };
    }),
  ];
}

async function presentBackground(
  background: Awaited<ReturnType<Trust["list"]>>[number],
  trust: Trust,
): Promise<z.output<typeof BackgroundList>["items"][number]> {
  const { strong, maybe } = await trust.cutoffs(background.modelId);
  return {
    modelId: background.modelId,
    texts: background.texts.length,
    photos: background.photos,
    textPairs: background.text,
    photoPairs: background.photo,
    strongPhotoSimilarity: round(strong),
    maybePhotoSimilarity: round(maybe),
    computedAt: new Date(background.computedAt).toISOString(),
  };
}
