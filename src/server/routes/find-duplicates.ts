import {
  FindByImageFields,
  FindByImageForm,
  FindDuplicatesAnswer,
  FindDuplicatesRequest,
} from "../../api/duplicates.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { AnalyserPool } from "../../engine/analyser/analyser-pool.ts";
import type { Duplicates, Found } from "../../engine/duplicates/duplicates.ts";
import { findUploaded } from "../../engine/duplicates/find-uploaded.ts";
import type { FaceLooks } from "../../engine/people/look-at-faces.ts";
import type { People } from "../../engine/people/people.ts";
import type { ApiServer } from "../api-server.ts";
import { toMatches } from "../present-duplicates.ts";
import { checkMultipart, readForm } from "../read-form.ts";
import { parseStrictly } from "../unknown-fields.ts";

const tags = ["duplicates"];

export interface FindDuplicatesOptions {
  readonly duplicates: Duplicates;
  readonly pool: Pick<AnalyserPool, "analyse">;
  readonly people: People;
  readonly maxUploadBytes: number;
}

/** What is like a photo of the library, or a picture from elsewhere. */
export function addFindDuplicatesRoutes(server: ApiServer, options: FindDuplicatesOptions): void {
  const { duplicates, pool, people, maxUploadBytes } = options;

  async function toAnswer(found: Found): Promise<FindDuplicatesAnswer> {
    const groupOf = await duplicates.groups.groupsOf(found.matches.map(({ photo }) => photo.id));
    return { imohash: found.imohash ?? null, matches: [...toMatches(found, groupOf)] };
  }

  server.post(
    "/duplicates/find",
    {
      schema: {
        tags,
        summary: "Duplicates of a photo, surest first; changes nothing",
        body: FindDuplicatesRequest,
        response: { 200: FindDuplicatesAnswer },
      },
    },
    async ({ body: { photoId, ...wish } }) => toAnswer(await duplicates.findByPhoto(photoId, wish)),
  );

  server.post(
    "/duplicates/find_by_image",
    {
      config: { form: FindByImageForm },
      schema: {
        tags,
        summary: "Duplicates of an uploaded picture, surest first; nothing of it is kept",
        consumes: ["multipart/form-data"],
        response: { 200: FindDuplicatesAnswer },
      },
    },
    async (request) => {
      checkMultipart(request);
      const fields: Record<string, unknown> = {};
      let picture: Awaited<ReturnType<FaceLooks["receive"]>> | undefined;
      try {
        for await (const part of readForm(request, { files: 1, maxUploadBytes })) {
          if (part.type === "file") picture = await people.looks.receive(part.file, part.filename);
          else fields[part.fieldname] = part.value;
        }
        if (picture === undefined)
          throw new KeepsightError("bad_request", "file: expected the picture as a file.");
        const wish = parseStrictly(FindByImageFields, fields);
        return await toAnswer(await findUploaded(picture.path, wish, { analyse: pool.analyse, duplicates }));
      } finally {
        if (picture !== undefined) await people.looks.discard([picture]);
      }
    },
  );
}
