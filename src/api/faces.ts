import { z } from "zod";
import { NormalizedBox, optionalBody } from "./common.ts";
import { Face } from "./people.ts";
import { PhotoSummary } from "./photos.ts";

/** What was found out about pictures of faces, and work on all faces: the part of the contract that names nobody. */

const Picture = z.string().meta({ contentMediaType: "image/*" });
const FormBoolean = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")])
  .default(false);

/** Which of the faces found are wanted. */
const FaceWish = {
  minConfidence: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Only faces of which the detector is so sure; never fewer than it asks for itself"),
  minFaceSize: z.coerce
    .number()
    .min(0)
    .max(100_000)
    .optional()
    .describe("Only faces with so many pixels on their shorter side"),
};

/** Fields of `POST /faces/detect` beside the picture. */
export const DetectFields = z.object({
  ...FaceWish,
  includeEmbedding: FormBoolean.describe("Also give the embeddings"),
});
export const DetectForm = DetectFields.extend({ file: Picture.describe("The picture; it is not kept") });
/** Fields of `POST /faces/recognize` and `POST /faces/full`. */
export const VerifyFields = z.object(FaceWish);
export const VerifyForm = VerifyFields.extend({
  file1: Picture.describe("One picture"),
  file2: Picture.describe("The other"),
});

/** A face in a picture that is not in the library. */
export const SeenFace = z
  .object({
    bbox: NormalizedBox.describe("Pixels of the upright picture"),
    box: NormalizedBox.describe("Fractions (0–1) of the upright picture"),
    landmarks: z
      .array(z.object({ x: z.number(), y: z.number() }))
      .describe("Left eye, right eye, nose, left and right corner of the mouth; fractions of the picture"),
    detectionConfidence: z.number(),
    qualityScore: z.number(),
    embedding: z.array(z.number()).optional(),
    candidates: z
      .array(
        z.object({
          personId: z.string(),
          personName: z.string(),
          similarity: z.number(),
          isMatch: z.boolean().describe("Alike enough to be taken for the person"),
        }),
      )
      .optional()
      .describe("Persons of the library, the most alike first"),
  })
  .meta({ id: "SeenFace" });
export type SeenFace = z.infer<typeof SeenFace>;

export const SeenFaces = z
  .object({
    width: z.number().int(),
    height: z.number().int(),
    faceCount: z.number().int(),
    faces: z.array(SeenFace),
    modelId: z.string().nullable().describe("The recogniser; null where none is installed"),
  })
  .meta({ id: "SeenFaces" });
export type SeenFaces = z.infer<typeof SeenFaces>;

export const VerifyAnswer = z
  .object({
    isMatch: z.boolean(),
    similarity: z.number().nullable().describe("Cosine similarity; null without a face in each picture"),
    threshold: z.number().describe("What 1 of 1,000 pairs of strangers exceeds"),
    modelId: z.string(),
    faces: z.array(SeenFace.nullable()).describe("The most central face of each picture"),
    notice: z.string().nullable().describe("Why there is nothing to compare"),
  })
  .meta({ id: "VerifyAnswer" });

/** Body of `POST /faces/detect/{photoId}`. */
export const DetectPhotoRequest = optionalBody(z.object(FaceWish));
export const DetectPhotoAnswer = z
  .object({
    photoId: z.number().int(),
    facesDetected: z.number().int(),
    faceIds: z.array(z.number().int()),
  })
  .meta({ id: "DetectPhotoAnswer" });

/** What became of `POST /faces/ingest`. */
export const FaceIngestAnswer = z
  .object({
    status: z.enum(["accepted", "duplicate"]),
    photoId: z.number().int(),
    jobId: z.number().int().nullable().describe("The analysis, where it has not ended yet"),
    facesDetected: z.number().int(),
    faces: z.array(Face),
  })
  .meta({ id: "FaceIngestAnswer" });

/** Body of `POST /search/face`, and the fields beside a picture. */
export const FaceSearchRequest = z.object({
  faceId: z.number().int().min(1).optional().describe("A face of the library"),
  faceIds: z
    .array(z.number().int().min(1))
    .min(1)
    .max(100)
    .optional()
    .describe("Several faces of one person"),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe("Most faces to give"),
  minSimilarity: z.coerce
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe("Cosine similarity; the recogniser's own cut-off unless given"),
});
export const FaceSearchForm = FaceSearchRequest.extend({
  file: Picture.optional().describe("A picture; its most central face is looked for"),
});
export const FaceSearchResult = z
  .object({
    items: z.array(z.object({ face: Face, photo: PhotoSummary, similarity: z.number() })),
    minSimilarity: z.number(),
    modelId: z.string(),
    notice: z.string().nullable(),
  })
  .meta({ id: "FaceSearchResult" });

/** Body of `POST /faces/train`. */
export const TrainRequest = optionalBody(
  z.object({
    epochs: z.number().int().min(1).max(200).default(20),
    margin: z.number().gt(0).max(2).default(0.2),
    batchSize: z.number().int().min(4).max(512).default(32),
    learningRate: z.number().gt(0).max(1).default(1e-4),
    minFacesPerPerson: z.number().int().min(3).max(1000).default(5).describe("Confirmed by a human"),
    queue: z.boolean().default(false).describe("Answer at once and work in the background"),
  }),
);
const Shares = z
  .object({ plain: z.number(), projected: z.number() })
  .nullable()
  .describe("Pairs of one person found at one false accept in 1,000, without and with the head");
export const TrainAnswer = z
  .object({
    status: z.literal("completed"),
    personsUsed: z.number().int(),
    totalFaces: z.number().int(),
    trainingFaces: z.number().int(),
    validationFaces: z.number().int(),
    finalTrainLoss: z.number().nullable(),
    finalValLoss: z.number().nullable(),
    trainLosses: z.array(z.number()).describe("One an epoch"),
    modelCheckpoint: z.string().nullable(),
    trainingTimeSeconds: z.number(),
    isUsed: z.boolean().describe("Whether the trained head recognises people from now on"),
    reason: z.string().describe("Why, in words"),
    knownPersons: Shares,
    unknownPersons: Shares,
  })
  .meta({ id: "TrainAnswer" });
export type TrainAnswer = z.infer<typeof TrainAnswer>;

/** Body of `POST /faces/centroids`. */
export const CentroidsRequest = optionalBody(z.object({ queue: z.boolean().default(false) }));
export const CentroidsAnswer = z
  .object({
    personsProcessed: z.number().int(),
    centroidsComputed: z.number().int(),
    status: z.literal("completed"),
  })
  .meta({ id: "CentroidsAnswer" });
export type CentroidsAnswer = z.infer<typeof CentroidsAnswer>;

/** Body of `POST /faces/backfill`. */
export const BackfillRequest = optionalBody(
  z.object({
    limit: z.number().int().min(1).max(1_000_000).default(1000).describe("Most photos"),
    offset: z.number().int().min(0).max(10_000_000).default(0).describe("Photos to leave out first"),
    minConfidence: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("Only count faces of which the detector is so sure"),
    queue: z.boolean().default(false),
  }),
);
export const BackfillAnswer = z
  .object({
    processed: z.number().int(),
    errors: z.number().int(),
    totalFaces: z.number().int(),
    status: z.literal("completed"),
  })
  .meta({ id: "BackfillAnswer" });
export type BackfillAnswer = z.infer<typeof BackfillAnswer>;

/** Body of `POST /faces/find-orphans`. */
export const OrphansRequest = optionalBody(
  z.object({
    limit: z.number().int().min(1).max(100_000).default(100).describe("Most orphans to give"),
    fix: z.boolean().default(false).describe("Look for faces again in their photos"),
  }),
);
export const OrphansAnswer = z
  .object({
    facesChecked: z.number().int(),
    orphans: z.array(z.object({ faceId: z.number().int(), photoId: z.number().int() })),
    affectedPhotos: z.array(z.object({ photoId: z.number().int(), orphans: z.number().int() })),
    fixed: z
      .object({
        photosProcessed: z.number().int(),
        errors: z.number().int(),
        facesDetected: z.number().int(),
      })
      .nullable()
      .describe("What looking again came to; null unless asked for"),
  })
  .meta({ id: "OrphansAnswer" });
export type OrphansAnswer = z.infer<typeof OrphansAnswer>;
