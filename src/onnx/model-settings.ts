import { z } from "zod";

import cocoLabels from "./coco-labels.json" with { type: "json" };

/**
 * How a model wants its input and how its output is read: facts of the model, kept in the catalogue as data, so that no
 * code ever asks for a model's name.
 */

/** Category ids of COCO (0–90) that no label has. */
const UNUSED_CATEGORY_IDS: ReadonlySet<number> = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

function labelsByCategoryId(): string[] {
  const labels = cocoLabels.values();
  return Array.from({ length: 91 }, (_, id) => (UNUSED_CATEGORY_IDS.has(id) ? "" : labels.next().value!));
}

/** pixelValues = (channel value 0–255 · scale − mean) / std, channels in `colourOrder`. */
const PixelSettings = z.object({
  colourOrder: z.enum(["rgb", "bgr"]),
  scale: z.number(),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number(), z.number(), z.number()]),
});
export type PixelSettings = z.infer<typeof PixelSettings>;

/**
 * The chance that a photo shows a class: sigmoid(intercept + best · b + second · s + area · a + class), of the evidence that
 * `vision/object/class-presence.ts` draws from the boxes of the class.
 */
const ClassPresenceSettings = z.object({
  /** The least score of a box that counts as evidence. */
  evidenceFrom: z.number().positive(),
  /** A photo shows a class from this chance on. */
  minProbability: z.number(),
  intercept: z.number(),
  best: z.number(),
  second: z.number(),
  area: z.number(),
  /** What is added for a class, by its label; 0 for others. */
  classes: z.record(z.string(), z.number()),
});
export type ClassPresenceSettings = z.infer<typeof ClassPresenceSettings>;

export const ObjectDetectionSettings = z.object({
  task: z.literal("object-detection"),
  /**
   * `yolox`: grid offsets with objectness; `yolov8` (also YOLO11): [1, 4 + classes, anchors] of centre boxes without
   * objectness; `centernet` and `end-to-end` (YOLO exported with its suppression): [1, rows, 6] of corners in input pixels,
   * score and class; `detr`: `logits` [1, queries, classes] and `pred_boxes` [1, queries, 4] of centre boxes as fractions;
   * `detr-decoded`: takes `orig_target_sizes` too and gives `labels`, `boxes` (corners) and `scores`.
   */
  head: z.enum(["yolox", "yolov8", "centernet", "end-to-end", "detr", "detr-decoded"]),
  /** Side of the square input, pixels. */
  inputSize: z.number().int(),
  /** Where the photo lies in the input; stretched over all of it, its proportions lost, when absent. */
  letterbox: z.enum(["top-left", "center"]).optional(),
  /** Level (0–255) of the letterbox round the photo. */
  padValue: z.number().default(0),
  pixels: PixelSettings,
  scoreThreshold: z.number(),
  /** Boxes of one class that overlap more are one object; absent where the model itself leaves one box an object. */
  iouThreshold: z.number().optional(),
  maxDetections: z.number().int(),
  /** Which classes a photo shows, all boxes taken together; those with a box above the threshold when absent. */
  presence: ClassPresenceSettings.optional(),
  /**
   * Class names in the order of the model's outputs, empty for outputs that mean nothing. Written as `"coco-80"` they are
   * COCO's own 80 names, as `"coco-91"` the same by category id, with its gaps.
   */
  labels: z.union([
    z.array(z.string()).min(1),
    z.literal("coco-80").transform(() => cocoLabels),
    z.literal("coco-91").transform(() => labelsByCategoryId()),
  ]),
});
export type ObjectDetectionSettings = z.infer<typeof ObjectDetectionSettings>;

/** A net that finds 68 landmarks in the square cut-out of a face. */
const FaceLandmarkSettings = z.object({ inputSize: z.number().int(), pixels: PixelSettings });
export type FaceLandmarkSettings = z.infer<typeof FaceLandmarkSettings>;

export const FaceDetectionSettings = z.object({
  task: z.literal("face-detection"),
  /** `ssd`: boxes as fractions of the frame and scores, no landmarks. */
  head: z.enum(["scrfd", "yunet", "ssd"]),
  inputSize: z.number().int(),
  /** How much a small photo is enlarged at most, where the input has a fixed size; as much as fits when absent. */
  maxEnlargement: z.number().positive().optional(),
  pixels: PixelSettings,
  /** The net in the file with the role `landmarks`, for detectors that give boxes alone. */
  landmarks: FaceLandmarkSettings.optional(),
  scoreThreshold: z.number(),
  /** Median score of faces in clear portraits: how sure the detector is when it is sure. */
  clearScore: z.number(),
  iouThreshold: z.number(),
  /**
   * Faces scored between `from` and `below` are looked at again from close, in a picture of `side` pixels, and kept if they
   * score at least `keepFrom` there; the score alone decides when absent.
   */
  doubt: z
    .object({ from: z.number(), below: z.number(), keepFrom: z.number(), side: z.number().int() })
    .optional(),
});
export type FaceDetectionSettings = z.infer<typeof FaceDetectionSettings>;

/** What cosine similarities of a recogniser mean; thresholds of one recogniser are useless for another. */
const SimilarityCalibration = z.object({
  /** Mean of pairs of strangers. */
  strangerSimilarity: z.number(),
  /** Their standard deviation; absent where nobody published it. */
  strangerDeviation: z.number().positive().optional(),
  /** What one pair of strangers in 1,000 exceeds (the threshold at a false accept rate of 1e-3). */
  matchSimilarity: z.number(),
  /** How it is known, for a person. */
  source: z.string(),
});

/** What holds for most recognisers trained with an angular margin, for those of which nothing is known. */
const ARCFACE_CALIBRATION: z.infer<typeof SimilarityCalibration> = {
  strangerSimilarity: 0.02,
  matchSimilarity: 0.36,
  source: "assumed: as MobileFaceNet's",
};

export const FaceRecognitionSettings = z.object({
  task: z.literal("face-recognition"),
  /** Side of the aligned crop, pixels (112 for the ArcFace family). */
  inputSize: z.number().int(),
  /** The mean face to which faces are aligned: ArcFace's when absent. */
  alignment: z.enum(["arcface", "dlib"]).optional(),
  pixels: PixelSettings,
  dimensions: z.number().int(),
  calibration: SimilarityCalibration.default(ARCFACE_CALIBRATION),
});
export type FaceRecognitionSettings = z.infer<typeof FaceRecognitionSettings>;

export const TextDetectionSettings = z.object({
  task: z.literal("text-detection"),
  pixels: PixelSettings,
  /** The shorter side is brought up to this, pixels. */
  minSide: z.number().int(),
  /** The longer side is brought down to this, pixels; both sides end as multiples of 32. */
  maxSide: z.number().int(),
  /** Threshold on the probability map. */
  mapThreshold: z.number(),
  boxThreshold: z.number(),
  unclipRatio: z.number(),
});
export type TextDetectionSettings = z.infer<typeof TextDetectionSettings>;

export const TextRecognitionSettings = z.object({
  task: z.literal("text-recognition"),
  pixels: PixelSettings,
  /** Height of a line crop, pixels. */
  inputHeight: z.number().int(),
  /** Lines with a lower mean confidence are dropped. */
  scoreThreshold: z.number(),
  /** Languages it reads, as BCP 47 tags: a recogniser is asked beside a preferred one where it adds to them. */
  languages: z.array(z.string()).optional(),
  /**
   * What its scores are worth beside another recogniser's: the log odds that a line is right are
   * slope · ln(score / (1 − score)) + offset. A usual one's when absent.
   */
  reliability: z.object({ slope: z.number(), offset: z.number() }).optional(),
});
export type TextRecognitionSettings = z.infer<typeof TextRecognitionSettings>;

export const TextOrientationSettings = z.object({
  task: z.literal("text-orientation"),
  pixels: PixelSettings,
  inputWidth: z.number().int(),
  inputHeight: z.number().int(),
});
export type TextOrientationSettings = z.infer<typeof TextOrientationSettings>;

/** How texts become what a text encoder reads. */
const TokenSettings = z.object({
  /**
   * What is done to a text before its tokens are looked up. `clip`: HTML entities decoded, straight quotes, lower case;
   * `canonical`: lower case without punctuation; `lower-case`; `uncased`: lower case without accents (BERT); `none`.
   */
  cleaning: z.enum(["clip", "canonical", "lower-case", "uncased", "none"]),
  /** The token before a text; none when absent. */
  start: z.string().optional(),
  /** The token after a text, kept where the text is cut; none when absent. */
  end: z.string().optional(),
  /** What fills up the context, a token or its id; texts keep their own length when absent. */
  padding: z.union([z.string(), z.number().int().nonnegative()]).optional(),
  /** Where the padding goes: behind the text when absent. */
  paddingSide: z.enum(["left", "right"]).optional(),
});
export type TokenSettings = z.infer<typeof TokenSettings>;

/** As OpenAI, OpenCLIP and MobileCLIP have it. */
const CLIP_TOKENS: TokenSettings = {
  cleaning: "clip",
  start: "<|startoftext|>",
  end: "<|endoftext|>",
  padding: 0,
};

export const ClipSettings = z.object({
  task: z.literal("clip"),
  /** `joined`: one graph with the inputs of both towers, in the file with the role `model`; two graphs when absent. */
  towers: z.enum(["separate", "joined"]).optional(),
  /** Side of the square image input, pixels. */
  inputSize: z.number().int(),
  resize: z.enum(["bicubic", "bilinear"]),
  /** `crop`: shorter side to `inputSize`, centre crop. `squash`: both sides to `inputSize`. */
  fit: z.enum(["crop", "squash"]),
  pixels: PixelSettings,
  dimensions: z.number().int(),
  /** Tokens of the longest text. */
  contextLength: z.number().int(),
  tokenType: z.enum(["int32", "int64"]),
  tokens: TokenSettings.default(CLIP_TOKENS),
  /** Name of the output with the image's embedding; the first output when absent. */
  imageOutput: z.string().optional(),
  /** Name of the output with the text's embedding; the first output when absent. */
  textOutput: z.string().optional(),
  /**
   * For models trained with a sigmoid: the probability that a text describes an image is
   * sigmoid(logitScale · cosine similarity + logitBias).
   */
  logitScale: z.number().positive().optional(),
  logitBias: z.number().optional(),
  /** How far a tag must stand out from the rest of the vocabulary to be given, see `vision/tag/zero-shot-tagger.ts`. */
  minTagDistinction: z.number().positive().optional(),
});
export type ClipSettings = z.infer<typeof ClipSettings>;

export const ImageTaggingSettings = z.object({
  task: z.literal("image-tagging"),
  /** `narrow`: knows some hundred kinds of things only, so that a text-image model with a vocabulary of its own is better. */
  scope: z.enum(["general", "narrow"]),
  /** Side of the square input, pixels. */
  inputSize: z.number().int(),
  /** The shorter side before the centre is cut out, pixels: `inputSize` when absent. */
  resizeSide: z.number().int().optional(),
  resize: z.enum(["bicubic", "bilinear"]),
  /** `crop`: shorter side to `resizeSide`, centre crop. `squash`: both sides to `inputSize`. */
  fit: z.enum(["crop", "squash"]),
  pixels: PixelSettings,
  /** Whether the channels of a pixel stand side by side (`nhwc`) or in planes of their own. */
  layout: z.enum(["nchw", "nhwc"]),
  /** Name of the output with one number for each tag; the first output when absent. */
  output: z.string().optional(),
  /**
   * What makes scores (0–1) of the output. `sigmoid-unless-probabilities`: for networks of which some exports end before the
   * sigmoid and some after it; of thousands of logits some are always negative.
   */
  activation: z.enum(["none", "sigmoid", "sigmoid-unless-probabilities", "softmax"]),
  /** Tags need this score; where the model has a file with the role `thresholds`, each tag has its own. */
  scoreThreshold: z.number(),
  /** The strongest so many tags are kept. */
  maxTags: z.number().int().positive(),
  /** `lines`: one tag a line; `synsets`: WordNet's number first, of several names the first counts. */
  labelFormat: z.enum(["lines", "synsets"]),
});
export type ImageTaggingSettings = z.infer<typeof ImageTaggingSettings>;

export const ModelSettings = z.discriminatedUnion("task", [
  ObjectDetectionSettings,
  FaceDetectionSettings,
  FaceRecognitionSettings,
  TextDetectionSettings,
  TextRecognitionSettings,
  TextOrientationSettings,
  ClipSettings,
  ImageTaggingSettings,
]);
export type ModelSettings = z.infer<typeof ModelSettings>;

/** What a model does. */
export type ModelTask = ModelSettings["task"];
