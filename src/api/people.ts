import { z } from "zod";
import { Id, NormalizedBox, PageQuery, pageOf, repeatable, optionalBody } from "./common.ts";

/** The id of a person, a UUID. */
export const PersonId = z.uuid().describe("The person's id");
export const PersonParams = z.object({ id: PersonId });

const PersonName = z.string().min(1).max(1000).describe("A name in any script, at most 255 characters");
const FaceIds = z.array(z.number().int().min(1)).min(1).max(50_000).describe("Ids of faces");

/** `active`, or taken out of sight, merged into another, or deleted; all but `active` can be undone. */
export const PERSON_STATUSES = ["active", "hidden", "merged", "deleted"] as const;

/** Somebody with a name. */
export const Person = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(PERSON_STATUSES),
    mergedIntoId: z.string().nullable(),
    birthDate: z.string().nullable().describe("YYYY-MM-DD"),
    isFavourite: z.boolean(),
    faceCount: z.number().int(),
    photoCount: z.number().int(),
    confirmedCount: z.number().int().describe("Faces that a human named"),
    prototypeCount: z.number().int().describe("Reference embeddings by which new faces are recognised"),
    coverFaceId: z.number().int().nullable().describe("The face to show"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Person" });
export type Person = z.infer<typeof Person>;

export const PersonListQuery = PageQuery.extend({
  status: repeatable(z.enum(PERSON_STATUSES)).describe("Only these; active ones unless given"),
  q: z.string().max(200).optional().describe("Beginning of any word of the name"),
  sort: z.enum(["photos", "name", "newest"]).default("photos").describe("Favourites and most faces first"),
});
export const PersonPage = pageOf(Person).meta({ id: "PersonPage" });
export type PersonPage = z.infer<typeof PersonPage>;

export const CreatePersonRequest = z.object({ name: PersonName, birthDate: z.iso.date().optional() });
export const UpdatePersonRequest = z
  .object({
    name: PersonName,
    birthDate: z.iso.date().nullable(),
    isHidden: z.boolean(),
    isFavourite: z.boolean(),
    representativeFaceId: z.number().int().min(1).nullable(),
  })
  .partial()
  .strict();
export type UpdatePersonRequest = z.infer<typeof UpdatePersonRequest>;

/** A decision that was carried out; its id is what undoes it. */
export const Decided = z
  .object({
    decisionId: z.number().int(),
    facesChanged: z.number().int().describe("Faces of which something else holds now"),
  })
  .meta({ id: "Decided" });
export type Decided = z.infer<typeof Decided>;

/** A person after a change, with the decision that undoes it. */
export const ChangedPerson = Person.extend({ decisionId: z.number().int() }).meta({ id: "ChangedPerson" });
export type ChangedPerson = z.infer<typeof ChangedPerson>;

/** Body of `POST /persons/hide`. */
export const HidePersonsRequest = z.object({
  personIds: z.array(PersonId).min(1).max(1000),
  isHidden: z.boolean().default(true).describe("False brings hidden persons back"),
});

/** Body of `POST /persons/merge`. */
export const MergePersonsRequest = z.object({
  sourcePersonIds: z.array(PersonId).min(1).max(100),
  targetPersonId: PersonId,
});
/** Body of `POST /persons/{id}/merge`. */
export const MergeIntoRequest = z.object({ intoPersonId: PersonId });
export const MergeAnswer = z
  .object({
    sourcePersonId: z.string(),
    targetPersonId: z.string(),
    facesMoved: z.number().int(),
    decisionId: z.number().int(),
  })
  .meta({ id: "MergeAnswer" });
export type MergeAnswer = z.infer<typeof MergeAnswer>;

export const SplitPersonRequest = z.object({ faceIds: FaceIds, name: PersonName });
export const SplitPersonAnswer = z
  .object({ person: Person, facesMoved: z.number().int(), decisionId: z.number().int() })
  .meta({ id: "SplitPersonAnswer" });
export type SplitPersonAnswer = z.infer<typeof SplitPersonAnswer>;
export const PersonThumbnailRequest = z.object({ faceId: z.number().int().min(1) });
export const DistinguishRequest = z.object({ otherPersonId: PersonId });

/** A face in pixels of the upright photo, with whom it is. */
export const Face = z
  .object({
    id: z.number().int(),
    photoId: z.number().int(),
    bbox: NormalizedBox.describe("Pixels of the upright photo"),
    box: NormalizedBox.describe("Fractions (0–1) of the upright photo"),
    detectionConfidence: z.number(),
    qualityScore: z.number(),
    origin: z.enum(["detector", "drawn", "metadata"]).describe("Who found it"),
    state: z
      .enum(["unassigned", "suggested", "confirmed", "rejected"])
      .describe("Suggested by an algorithm, confirmed by a human, or only known who it is not"),
    assignment: z.enum(["human", "metadata", "prototype", "cluster"]).nullable(),
    similarity: z.number().nullable().describe("To the person, where an algorithm assigned it"),
    clusterId: z.string().nullable(),
    personId: z.string().nullable(),
    personName: z.string().nullable(),
    createdAt: z.string().nullable(),
  })
  .meta({ id: "Face" });
export type Face = z.infer<typeof Face>;
export const FacePage = pageOf(Face).meta({ id: "FacePage" });
export type FacePage = z.infer<typeof FacePage>;
export const FaceListQuery = PageQuery;
export const UnassignedFacesQuery = PageQuery.extend({
  isIgnored: z
    .stringbool()
    .default(false)
    .describe("Only strangers that were ignored: POST /faces/restore brings them back"),
});
export const PersonFacesQuery = PageQuery.extend({
  state: repeatable(z.enum(["suggested", "confirmed"])).describe("Only these"),
});

export const PhotoParams = z.object({ photoId: Id.describe("The photo's id") });

/** Body of `POST /faces/{id}/assign`: a person that is there, or a name, for which one is made if needed. */
export const AssignFaceRequest = z
  .object({ personId: PersonId, name: PersonName })
  .partial()
  .refine(({ personId, name }) => (personId === undefined) !== (name === undefined), {
    message: "give either personId or name",
    path: ["personId"],
  });
export const AssignFacesRequest = z
  .object({ faceIds: FaceIds, personId: PersonId.optional(), name: PersonName.optional() })
  .refine(({ personId, name }) => (personId === undefined) !== (name === undefined), {
    message: "give either personId or name",
    path: ["personId"],
  });
export const Assigned = z
  .object({
    personId: z.string(),
    personName: z.string(),
    facesChanged: z.number().int(),
    decisionId: z.number().int(),
  })
  .meta({ id: "Assigned" });
export type Assigned = z.infer<typeof Assigned>;
/** Body of `POST /faces/{id}/reject`. */
export const RejectFaceRequest = z.object({
  personId: PersonId.optional().describe("Who it is not; whom it is taken for unless given"),
});
export const RejectFacesRequest = RejectFaceRequest.extend({ faceIds: FaceIds });
export const FaceIdsRequest = z.object({ faceIds: FaceIds });
/** Body of `POST /faces/photos/{photoId}`. */
export const DrawFaceRequest = z.object({
  box: z
    .object({
      x: z.number().min(0).max(1),
      y: z.number().min(0).max(1),
      width: z.number().gt(0).max(1),
      height: z.number().gt(0).max(1),
    })
    .refine(({ x, y, width, height }) => x + width <= 1.001 && y + height <= 1.001, {
      message: "the box must lie in the photo",
    })
    .describe("Fractions (0–1) of the upright photo"),
  personId: PersonId.optional(),
  name: PersonName.optional(),
});

/** A face just drawn. */
export const DrawnFace = Face.extend({
  decisionIds: z.array(z.number().int()).describe("Drawing it and, where it was named, naming it"),
}).meta({ id: "DrawnFace" });
export type DrawnFace = z.infer<typeof DrawnFace>;

/** The id of a cluster of faces. */
export const ClusterParams = z.object({
  clusterId: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\w-]+$/)
    .describe("The id that lists of clusters give"),
});
/** Faces that look alike. */
export const FaceCluster = z
  .object({
    clusterId: z.string(),
    faceCount: z.number().int(),
    sampleFaceIds: z.array(z.number().int()),
    avgQuality: z.number(),
    personId: z.string().nullable(),
    personName: z.string().nullable(),
  })
  .meta({ id: "FaceCluster" });
export type FaceCluster = z.infer<typeof FaceCluster>;
export const ClusterListQuery = PageQuery.extend({
  pageSize: PageQuery.shape.pageSize.default(20),
  includeLabeled: z.enum(["true", "false"]).default("false").describe("Also those that are named"),
});
export const ClusterPage = pageOf(FaceCluster).meta({ id: "FaceClusterPage" });
export type ClusterPage = z.infer<typeof ClusterPage>;
export const ClusterDetails = z
  .object({
    clusterId: z.string(),
    faces: z.array(Face),
    faceIds: z.array(z.number().int()).describe("All its faces, best first, not only those of this page"),
    faceCount: z.number().int(),
    personId: z.string().nullable(),
    personName: z.string().nullable(),
  })
  .meta({ id: "FaceClusterDetails" });
export type ClusterDetails = z.infer<typeof ClusterDetails>;
export const LabelClusterRequest = z.object({ name: PersonName });
export const LabelClusterAnswer = z
  .object({
    personId: z.string(),
    personName: z.string(),
    facesLabeled: z.number().int(),
    prototypesCreated: z.number().int(),
    decisionId: z.number().int(),
  })
  .meta({ id: "LabelClusterAnswer" });
export type LabelClusterAnswer = z.infer<typeof LabelClusterAnswer>;
export const SplitClusterRequest = optionalBody(
  z.object({ minClusterSize: z.number().int().min(2).max(100).default(3) }),
);
export const SplitClusterAnswer = z
  .object({
    originalClusterId: z.string(),
    newClusters: z.array(z.string()),
    decisionId: z.number().int().nullable().describe("What undoes it; null when nothing changed"),
    status: z.enum(["split", "unchanged"]),
  })
  .meta({ id: "SplitClusterAnswer" });
export type SplitClusterAnswer = z.infer<typeof SplitClusterAnswer>;

/** Body of `POST /faces/cluster`. */
export const ClusterRequest = optionalBody(
  z.object({
    method: z
      .enum(["auto", "hdbscan", "dbscan", "agglomerative", "chinese-whispers"])
      .default("auto")
      .describe("`auto` is what scheduled runs use; `hdbscan` what the seeds name"),
    qualityThreshold: z.number().min(0).max(1).optional(),
    maxFaces: z.number().int().min(1).max(1_000_000).optional(),
    minClusterSize: z.number().int().min(2).max(1000).optional(),
    minSamples: z.number().int().min(1).max(1000).optional(),
    epsilon: z.number().min(0).max(2).optional().describe("Cosine distance"),
    linkage: z.enum(["average", "complete", "single"]).optional(),
    timeBucket: z
      .string()
      .regex(/^\d{4}-\d{2}$/)
      .optional()
      .describe("Only faces of this month, YYYY-MM"),
    queue: z.boolean().default(false).describe("Answer at once and work in the background"),
  }),
);
export const ClusterAnswer = z
  .object({
    totalFaces: z.number().int(),
    clustersFound: z.number().int(),
    noiseCount: z.number().int(),
    status: z.literal("completed"),
  })
  .meta({ id: "ClusterAnswer" });
export type ClusterAnswer = z.infer<typeof ClusterAnswer>;

/** Body of `POST /faces/cluster/dual`. */
export const DualClusterRequest = optionalBody(
  z.object({
    personThreshold: z.number().min(0).max(1).optional().describe("The recogniser's own unless given"),
    unknownMethod: z.enum(["auto", "hdbscan", "dbscan", "agglomerative"]).default("hdbscan"),
    unknownMinClusterSize: z.number().int().min(2).max(1000).default(3),
    unknownEps: z.number().min(0).max(2).optional(),
    maxFaces: z.number().int().min(1).max(1_000_000).default(50_000),
    queue: z.boolean().default(false),
  }),
);
export const DualClusterAnswer = z
  .object({
    status: z.literal("completed"),
    supervised: z.object({
      facesProcessed: z.number().int(),
      assignedToPersons: z.number().int(),
      personsMatched: z.number().int(),
    }),
    unsupervised: z.object({
      unlabeledFaces: z.number().int(),
      clustersFound: z.number().int(),
      noiseCount: z.number().int(),
    }),
    totalFaces: z.number().int(),
    executionTimeSeconds: z.number(),
  })
  .meta({ id: "DualClusterAnswer" });
export type DualClusterAnswer = z.infer<typeof DualClusterAnswer>;

/** Body of `POST /faces/assign-matches`. */
export const RecogniseRequest = optionalBody(
  z.object({
    since: z.iso.date().optional().describe("Only faces found on this day or later"),
    maxFaces: z.number().int().min(1).max(1_000_000).default(1000),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("Cosine similarity; the recogniser's own unless given"),
    queue: z.boolean().default(false),
  }),
);
export const RecogniseAnswer = z
  .object({
    processed: z.number().int(),
    assigned: z.number().int(),
    unassigned: z.number().int(),
    status: z.literal("completed"),
  })
  .meta({ id: "RecogniseAnswer" });
export type RecogniseAnswer = z.infer<typeof RecogniseAnswer>;

export const FaceStats = z
  .object({
    totalFaces: z.number().int(),
    assignedFaces: z.number().int(),
    confirmedFaces: z.number().int(),
    clusteredFaces: z.number().int(),
    lostFaces: z.number().int().describe("Named faces that the newest detection did not find again"),
    totalPersons: z.number().int(),
    activePersons: z.number().int(),
    hiddenPersons: z.number().int(),
    mergedPersons: z.number().int(),
    totalPrototypes: z.number().int(),
    embeddedFaces: z.number().int(),
    modelId: z.string().nullable().describe("The recogniser whose embeddings are compared"),
    trainedPersons: z
      .number()
      .int()
      .describe("Persons for whom a trained head recognises; 0 while none has proved better"),
    lastRun: z
      .object({ at: z.string(), recognised: z.number().int(), clustersFound: z.number().int() })
      .nullable()
      .describe("When everybody was last recognised and clustered by itself"),
    lastSkip: z
      .object({ at: z.string(), reason: z.string() })
      .nullable()
      .describe("When that was last due with nothing to do"),
  })
  .meta({ id: "FaceStats" });
export type FaceStats = z.infer<typeof FaceStats>;

/** A question to the user; see the kinds for what yes and no mean. */
export const PeopleSuggestion = z
  .object({
    kind: z
      .enum(["cluster-is-person", "same-person", "confirm-faces"])
      .describe(
        "Are these faces the person (yes: assign, no: reject)? Are these two one person (yes: merge, no: distinguish)? Are these faces rightly taken for the person (yes: assign, no: reject)?",
      ),
    persons: z.array(
      z.object({ id: z.string(), name: z.string(), coverFaceId: z.number().int().nullable() }),
    ),
    clusterId: z.string().nullable(),
    faceIds: z.array(z.number().int()).describe("All faces the answer is about"),
    sampleFaceIds: z.array(z.number().int()),
    faceCount: z.number().int().describe("Faces that the answer settles"),
    score: z.number(),
  })
  .meta({ id: "PeopleSuggestion" });
export type PeopleSuggestion = z.infer<typeof PeopleSuggestion>;
export const SuggestionsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("Most questions"),
});
export const PeopleSuggestions = z
  .object({ items: z.array(PeopleSuggestion) })
  .meta({ id: "PeopleSuggestions" });

/** Something a human decided. */
export const HistoryEntry = z
  .object({
    id: z.number().int(),
    kind: z.string(),
    actor: z.string(),
    decidedAt: z.string(),
    summary: z.string().describe("What was decided, in words"),
    isUndone: z.boolean(),
    undoes: z.number().int().nullable().describe("The decision that this one took back"),
    canUndo: z
      .boolean()
      .describe("Whether it can be taken back by its kind; it may still be refused with a reason"),
  })
  .meta({ id: "HistoryEntry" });
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export const HistoryPage = pageOf(HistoryEntry).meta({ id: "HistoryPage" });
export type HistoryPage = z.infer<typeof HistoryPage>;
