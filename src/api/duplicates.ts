import { z } from "zod";
import { IMAGE_FORMATS } from "../core/photo-analysis.ts";
import { DUPLICATE_KINDS, FILE_FACTS, GROUP_STATES, KEEPER_RULES } from "../core/duplicates.ts";
import { Id, optionalBody, PageQuery, pageOf, repeatable } from "./common.ts";
import { PhotoSummary } from "./photos.ts";

/** How much alike photos of a group are. */
export const DuplicateKind = z.enum(DUPLICATE_KINDS).meta({
  id: "DuplicateKind",
  description:
    "`exact`: the same bytes; `copy`: the same picture, verified on its pixels; `near`: a text-image model takes them for the same; `burst`: shots of one moment, not copies",
});

/** What was found out about a member: the proof that it belongs to its group. */
export const DuplicateEvidence = z
  .object({
    method: z
      .enum(["bytes", "hash", "features", "meaning", "human"])
      .describe(
        "Which comparison decided: of bytes, hash and pixels, features and pixels, embeddings; or a person",
      ),
    distance: z.number().int().nullable().describe("Bits of 256 in which the PDQ hashes differ"),
    inliers: z.number().int().nullable().describe("Spots that agree on how one picture lies in the other"),
    agreement: z.number().nullable().describe("Share (0–1) of the compared blocks that show the same"),
    overlap: z.number().nullable().describe("Share (0–1) of the smaller picture that lies in the other"),
    similarity: z.number().nullable().describe("Cosine similarity of the embeddings"),
    modelId: z.string().nullable().describe("The model of the embeddings"),
    isTurned: z.boolean().describe("Turned by a quarter, or mirrored"),
    isInverted: z.boolean().describe("Light and dark exchanged"),
  })
  .meta({ id: "DuplicateEvidence" });
export type DuplicateEvidence = z.infer<typeof DuplicateEvidence>;

/** One photo of a group. */
export const DuplicateMember = z
  .object({
    photo: PhotoSummary,
    path: z.string(),
    byteSize: z.number().int(),
    format: z.enum(IMAGE_FORMATS).nullable(),
    cameraModel: z.string().nullable(),
    hasGps: z.boolean(),
    rating: z.number().nullable(),
    kind: DuplicateKind.describe("How it is like the primary; of the primary itself the kind of the group"),
    duplicateGroupId: z.number().int(),
    isDuplicatePrimary: z.boolean().describe("The others are measured against it"),
    duplicateScore: z.number().describe("0–1: how surely it belongs to the primary"),
    isSuggestedKeeper: z.boolean().describe("The best by the keeper rules"),
    outcome: z
      .enum(["kept", "hidden", "trashed"])
      .nullable()
      .describe("What resolving did with it; null while open"),
    addedBy: z.enum(["algorithm", "human"]),
    evidence: DuplicateEvidence.nullable().describe("Null for the primary"),
  })
  .meta({ id: "DuplicateMember" });
export type DuplicateMember = z.infer<typeof DuplicateMember>;

/** A group with some of its members, the primary first. */
export const DuplicateGroup = z
  .object({
    id: z.number().int(),
    kind: DuplicateKind.describe("The least certain kind among its members"),
    state: z.enum(GROUP_STATES),
    score: z.number().describe("0–1: the least score of a member"),
    memberCount: z.number().int(),
    totalBytes: z.number().int(),
    reclaimableBytes: z.number().int().describe("Bytes of all copies but the suggested keeper"),
    primaryPhotoId: z.number().int(),
    suggestedKeeperId: z.number().int(),
    keeperId: z.number().int().nullable().describe("The one that was kept; null until resolved"),
    decisionId: z
      .number()
      .int()
      .nullable()
      .describe("What `POST /history/{id}/undo` takes back; null while open"),
    createdAt: z.string().describe("ISO 8601, UTC"),
    updatedAt: z.string(),
    members: z.array(DuplicateMember).describe("In lists at most 12, in `GET /duplicates/group/{id}` all"),
  })
  .meta({ id: "DuplicateGroup" });
export type DuplicateGroup = z.infer<typeof DuplicateGroup>;

/** Query of `GET /duplicates/groups`. */
export const DuplicateGroupQuery = PageQuery.extend({
  state: z.enum(GROUP_STATES).default("open").describe("`open`: nobody decided yet"),
  kind: repeatable(DuplicateKind).describe("Any of these kinds (default: all but bursts)"),
  sort: z
    .enum(["space", "newest", "members"])
    .default("space")
    .describe("Most to save, newest, or largest first"),
});
export const DuplicateGroupPage = pageOf(DuplicateGroup).meta({ id: "DuplicateGroupPage" });
export type DuplicateGroupPage = z.infer<typeof DuplicateGroupPage>;

/** What resolving moves from the losers to the keeper. */
export const CarriedOver = z
  .object({
    tags: z.array(z.string()),
    persons: z.array(z.string()).describe("Names that faces of the keeper get"),
    albums: z.array(z.string()),
    rating: z.number().nullable(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    isFavourite: z.boolean().describe("The keeper becomes a favourite"),
  })
  .meta({ id: "CarriedOver" });

/** What resolving a group does, or would do. */
export const Resolution = z
  .object({
    groupId: z.number().int(),
    keeperId: z.number().int(),
    loserIds: z.array(z.number().int()),
    savedBytes: z.number().int(),
    carriedOver: CarriedOver,
    lost: z
      .array(z.enum(FILE_FACTS))
      .describe(
        "What only files of the losers say, and the photo in sight will not: keep another one for it",
      ),
  })
  .meta({ id: "Resolution" });
export type Resolution = z.infer<typeof Resolution>;

const MoveToTrash = z
  .boolean()
  .default(false)
  .describe("Move the losers' files to the library's trash; else they are hidden and stay where they are");

/** Body of `POST /duplicates/group/{id}/resolve`. */
export const ResolveRequest = optionalBody(
  z.object({
    keeperId: Id.optional().describe("The member to keep (default: the suggested one)"),
    loserIds: z
      .array(Id)
      .max(10_000)
      .optional()
      .describe(
        "The members to put out of sight (default: all others that are exact or verified copies, or near)",
      ),
    moveToTrash: MoveToTrash,
    dryRun: z.boolean().default(false).describe("Only say what would be done"),
  }),
);
export const ResolveAnswer = Resolution.extend({
  isDryRun: z.boolean(),
  decisionId: z.number().int().nullable(),
}).meta({ id: "ResolveAnswer" });
export type ResolveAnswer = z.infer<typeof ResolveAnswer>;

/** What makes a copy the best: see `GET /duplicates/rules`. */
export const KeeperRules = z
  .object({
    order: z
      .array(z.enum(KEEPER_RULES))
      .min(1)
      .max(KEEPER_RULES.length)
      .describe("The first that tells copies apart decides"),
    formats: z
      .array(z.enum(IMAGE_FORMATS))
      .max(IMAGE_FORMATS.length)
      .describe("Best first; formats not named come last"),
    folders: z
      .array(z.string().min(1).max(4096))
      .max(100)
      .describe("Absolute paths, best first; copies elsewhere come last"),
    preferOldest: z.boolean().describe("Of the rule `date`: keep the oldest (else the newest)"),
  })
  .meta({ id: "KeeperRules" });
export type KeeperRules = z.infer<typeof KeeperRules>;

/** How duplicates are looked for, and which of them is the best. */
export const DuplicateSettings = z
  .object({
    keeper: KeeperRules,
    copyDistance: z
      .number()
      .int()
      .min(0)
      .max(47)
      .describe(
        "Bits of 256 in which the hashes of copies may differ; 31 is the published limit, 8 a strict one",
      ),
    minHashQuality: z.number().min(0).max(100).describe("Quality of both hashes from which on they count"),
    detectNearDuplicates: z.boolean().describe("Compare embeddings too"),
    nearDuplicateThreshold: z
      .number()
      .min(0.5)
      .max(1)
      .describe("Cosine similarity from which photos are near"),
    detectBursts: z.boolean().describe("Bring shots of one moment together"),
  })
  .meta({ id: "DuplicateSettings" });
export type DuplicateSettings = z.infer<typeof DuplicateSettings>;
/** Body of `PATCH /duplicates/settings`. */
export const ChangeDuplicateSettings = DuplicateSettings.partial().extend({
  keeper: KeeperRules.partial().optional(),
});

/** Body of `POST /duplicates/resolve`: many groups by rules. */
export const BulkResolveRequest = optionalBody(
  z.object({
    groupIds: z.array(Id).max(10_000).optional().describe("Only these open groups (default: all)"),
    kinds: z
      .array(DuplicateKind)
      .min(1)
      .default(["exact", "copy"])
      .describe("Members of these kinds lose; others stay as they are"),
    rules: KeeperRules.partial().optional().describe("In place of the stored rules, field by field"),
    moveToTrash: MoveToTrash,
    dryRun: z
      .boolean()
      .default(true)
      .describe("Only say what would be done, at once; `false` does it as a job"),
  }),
);
/** What resolving in bulk would do. */
export const BulkResolvePlan = z
  .object({
    isDryRun: z.literal(true),
    groups: z.number().int(),
    photosHidden: z.number().int(),
    savedBytes: z.number().int(),
    carriedOver: z.object({
      tags: z.number().int(),
      persons: z.number().int(),
      albums: z.number().int(),
      captions: z.number().int(),
      ratings: z.number().int(),
      favourites: z.number().int(),
    }),
    lost: z
      .object({ date: z.number().int(), place: z.number().int(), camera: z.number().int() })
      .describe("Groups in which only a loser's file says so"),
    sample: z.array(Resolution).describe("The first 100"),
  })
  .meta({ id: "BulkResolvePlan" });
export type BulkResolvePlan = z.infer<typeof BulkResolvePlan>;

/** Body of `POST /duplicates/groups/merge`. */
export const MergeGroupsRequest = z.object({
  groupIds: z.array(Id).min(2).max(100).describe("All become the first"),
});
/** Body of `POST /duplicates/group/{id}/split`. */
export const SplitGroupRequest = z.object({
  photoIds: z
    .array(Id)
    .min(1)
    .max(10_000)
    .describe(
      "Members that become a group of their own; one alone belongs to none. Never brought together again",
    ),
});
/** What a decision about a group left behind. */
export const GroupDecided = z
  .object({
    decisionId: z.number().int().describe("What `POST /history/{id}/undo` takes back"),
    group: DuplicateGroup.nullable().describe(
      "What is left of the group; null when that is less than two photos",
    ),
    newGroup: DuplicateGroup.nullable().describe("The group that a split made"),
  })
  .meta({ id: "GroupDecided" });
export type GroupDecided = z.infer<typeof GroupDecided>;

/** Path parameters `{id}/member/{photoId}`. */
export const MemberParams = z.object({
  id: Id.describe("The group"),
  photoId: Id.describe("The photo"),
});

const Threshold = z.coerce
  .number()
  .min(0.5)
  .max(1)
  .default(0.99)
  .describe("Cosine similarity from which photos count as near");
const MatchLimit = z.coerce.number().int().min(1).max(100).default(20).describe("Matches, at most");

/** Body of `POST /duplicates/find`. */
export const FindDuplicatesRequest = z.object({
  photoId: Id.describe("A photo of the library"),
  threshold: Threshold,
  limit: MatchLimit,
});
/** Form of `POST /duplicates/find_by_image`. */
export const FindByImageForm = z.object({
  file: z.string().meta({ contentMediaType: "image/*" }).describe("The picture; nothing of it is kept"),
  threshold: Threshold,
  limit: MatchLimit,
});
/** Fields of that form beside the file. */
export const FindByImageFields = FindByImageForm.omit({ file: true });

/** A photo of the library that is like the one asked about. */
export const DuplicateMatch = z
  .object({
    photo: PhotoSummary,
    path: z.string(),
    kind: DuplicateKind,
    duplicateScore: z.number().describe("0–1"),
    duplicateGroupId: z.number().int().nullable().describe("The group that it is in"),
    evidence: DuplicateEvidence,
  })
  .meta({ id: "DuplicateMatch" });
export type DuplicateMatch = z.infer<typeof DuplicateMatch>;
export const FindDuplicatesAnswer = z
  .object({
    imohash: z.string().nullable(),
    matches: z.array(DuplicateMatch).describe("Surest first"),
  })
  .meta({ id: "FindDuplicatesAnswer" });
export type FindDuplicatesAnswer = z.infer<typeof FindDuplicatesAnswer>;

/** Body of `POST /duplicates/scan`. */
export const ScanDuplicatesRequest = optionalBody(
  z.object({
    all: z
      .boolean()
      .default(false)
      .describe("Look again at photos that are in no group, not only at those nobody looked at"),
    detectNearDuplicates: z.boolean().optional().describe("Compare embeddings too (default: as set)"),
    nearDuplicateThreshold: z
      .number()
      .min(0.5)
      .max(1)
      .optional()
      .describe("Cosine similarity (default: as set)"),
  }),
);

/** How it stands with duplicates. */
export const DuplicateStats = z
  .object({
    openGroups: z.number().int(),
    resolvedGroups: z.number().int(),
    dismissedGroups: z.number().int(),
    byKind: z
      .array(
        z.object({
          kind: DuplicateKind,
          groups: z.number().int(),
          photos: z.number().int(),
          reclaimableBytes: z.number().int(),
        }),
      )
      .describe("Open groups"),
    duplicatePhotos: z.number().int().describe("Photos in open groups beyond one each, bursts left out"),
    reclaimableBytes: z.number().int().describe("What resolving all open groups but bursts would save"),
    hiddenPhotos: z.number().int().describe("Copies that resolving put out of sight"),
    savedBytes: z.number().int().describe("Bytes of those in the trash"),
    photosChecked: z.number().int(),
    photosWaiting: z.number().int().describe("Photos that nobody looked at yet"),
  })
  .meta({ id: "DuplicateStats" });
export type DuplicateStats = z.infer<typeof DuplicateStats>;
