import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { KeepsightError } from "../../core/errors.ts";
import type { Size } from "../../core/geometry.ts";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { probeImage } from "../../image/probe.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";
import { dotProduct } from "../../math/vector.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import { receiveUpload } from "../import/receive-upload.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./recogniser.ts";
import type { KnownPersons } from "./known-persons.ts";
import { matchPersons } from "../../cluster/match-persons.ts";

/** A picture that arrived for a look and is no photo of the library. */
export interface ReceivedPicture {
  readonly path: string;
  /** The name that the sender gave it. */
  readonly fileName: string;
}

/** Which of the faces found are wanted. */
export interface FaceWish {
  /** Detector confidence; what the detector itself asks for is the least. */
  readonly minConfidence?: number | undefined;
  /** Shorter side of the box, pixels of the upright picture. */
  readonly minFaceSize?: number | undefined;
}

/** Somebody whom a face looks like. */
export interface PersonCandidate {
  readonly personId: string;
  readonly personName: string;
  readonly similarity: number;
  /** Whether it is alike enough to be taken for the person. */
  readonly isMatch: boolean;
}

/** What a look at a picture found. */
export interface SeenFaces {
  readonly size: Size;
  /** Most confident first. */
  readonly faces: readonly DetectedFace[];
  /** The recogniser that made the embeddings; absent where none is installed. */
  readonly embeddingModelId?: string;
}

/** Whether two pictures show one person. */
export interface FaceComparison {
  /** The most central face of each picture; absent where there is none. */
  readonly faces: readonly [DetectedFace | undefined, DetectedFace | undefined];
  /** Pixels of the upright pictures. */
  readonly sizes: readonly [Size, Size];
  /** Cosine similarity; absent without two faces. */
  readonly similarity?: number;
  /** The similarity that one of 1,000 pairs of strangers exceeds. */
  readonly threshold: number;
  readonly modelId: string;
}

/** Looks at pictures that are not in the library; nothing of them is kept. */
export interface FaceLooks {
  /** Stores what arrives until {@link FaceLooks.discard}; throws as an upload does. */
  receive(stream: Readable, fileName: string): Promise<ReceivedPicture>;
  discard(pictures: readonly ReceivedPicture[]): Promise<void>;
  /** `model_missing` without a detector, `undecodable` for what is no picture. */
  look(picture: ReceivedPicture, wish: FaceWish): Promise<SeenFaces>;
  /** Persons of the library for each face, the most alike first; empty where the recogniser is not the library's. */
  candidates(seen: SeenFaces): Promise<readonly (readonly PersonCandidate[])[]>;
  /** The face that the picture is about: the most central one. */
  choose(faces: readonly DetectedFace[]): DetectedFace | undefined;
  /** `model_missing` without a recogniser. */
  compare(one: ReceivedPicture, other: ReceivedPicture, wish: FaceWish): Promise<FaceComparison>;
}

export interface FaceLooksOptions {
  /** Where pictures lie while they are looked at; what a crash leaves there is removed with broken uploads. */
  readonly directory: string;
  readonly maxUploadBytes: number;
  readonly limits: DecodeLimits;
  readonly analyse: AnalyserPool["analyse"];
  readonly persons: Pick<PersonStore, "activeNames">;
  readonly known: KnownPersons;
  /** `model_missing` while there is none. */
  readonly recogniser: () => Promise<Recogniser>;
  /** Of any installed recogniser. */
  readonly calibrationOf: (modelId: string) => Promise<SimilarityCalibration | undefined>;
}

export function createFaceLooks(options: FaceLooksOptions): FaceLooks {
  const { directory, maxUploadBytes, limits, analyse, persons, known, recogniser, calibrationOf } = options;

  /** The message of an error with the sender's name of the file in the place of ours. */
  async function withItsName<T>({ path, fileName }: ReceivedPicture, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KeepsightError)) throw error;
      const message = error.message.replaceAll(path, fileName).replaceAll(basename(path), fileName);
      throw new KeepsightError(error.code, message, { cause: error });
    }
  }

  async function look(picture: ReceivedPicture, wish: FaceWish): Promise<SeenFaces> {
    return withItsName(picture, async () => {
      const { analysis } = await analyse({ type: "analyse", path: picture.path, steps: ["faces"] });
      const { status, errorCode, reason = "The faces could not be looked for." } = analysis.steps.faces ?? {};
      if (status === "skipped") throw new KeepsightError("model_missing", reason);
      if (status !== "done")
        throw new KeepsightError((errorCode ?? "undecodable") as KeepsightError["code"], reason);
      const size = { width: analysis.width ?? 1, height: analysis.height ?? 1 };
      const { faceEmbeddingModelId: embeddingModelId } = analysis;
      return {
        size,
        faces: analysis.faces.filter((face) => isWanted(face, size, wish)),
        ...(embeddingModelId === undefined ? {} : { embeddingModelId }),
      };
    });
  }

  return {
    async receive(stream, fileName) {
      await mkdir(directory, { recursive: true });
      const picture = { path: join(directory, randomUUID()), fileName };
      try {
        await receiveUpload(stream, picture.path, maxUploadBytes);
        await withItsName(picture, () => probeImage(picture.path, limits));
        return picture;
      } catch (error) {
        await rm(picture.path, { force: true });
        throw error;
      }
    },
    async discard(pictures) {
      await Promise.all(pictures.map(({ path }) => rm(path, { force: true })));
    },
    look,
    choose: mostCentral,
    async candidates({ faces, embeddingModelId }) {
      const none = faces.map(() => []);
      if (embeddingModelId === undefined) return none;
      const model = await recogniser();
      if (model.modelId !== embeddingModelId) return none;
      const prototypes = await known.prototypes(model.modelId);
      if (prototypes.personIds.length === 0) return none;
      const embeddings = Float32Array.from(
        faces.flatMap(({ embedding }) => Array.from(embedding ?? new Float32Array(prototypes.dimensions))),
      );
      const matches = matchPersons(embeddings, prototypes, similarityOf(model, ASK_STRENGTH));
      const names = await persons.activeNames(
        matches.flatMap((alike) => alike.map(({ personId }) => personId)),
      );
      return matches.map((alike) =>
        alike.flatMap(({ personId, score: similarity }): PersonCandidate[] => {
          const personName = names.get(personId);
          // Hidden persons are recognised, but not shown.
          if (personName === undefined) return [];
          return [{ personId, personName, similarity, isMatch: similarity >= model.matchThreshold }];
        }),
      );
    },
    async compare(one, other, wish) {
      const seen = [await look(one, wish), await look(other, wish)] as const;
      const modelId = seen[0].embeddingModelId ?? seen[1].embeddingModelId;
      const calibration = modelId === undefined ? undefined : await calibrationOf(modelId);
      if (modelId === undefined || calibration === undefined) {
        throw new KeepsightError(
          "model_missing",
          "No model for recognising faces is installed; `keepsight models list` shows what can be added.",
        );
      }
      const faces = [mostCentral(seen[0].faces), mostCentral(seen[1].faces)] as const;
      const [first, second] = faces.map((face) => face?.embedding);
      return {
        faces,
        sizes: [seen[0].size, seen[1].size],
        ...(first && second ? { similarity: dotProduct(first, second) } : {}),
        threshold: calibration.matchSimilarity,
        modelId,
      };
    },
  };
}

function isWanted(
  { score, normalizedBox }: DetectedFace,
  { width, height }: Size,
  { minConfidence = 0, minFaceSize = 0 }: FaceWish,
): boolean {
  const side = Math.min(normalizedBox.width * width, normalizedBox.height * height);
  return score >= minConfidence && side >= minFaceSize;
}

/** Whoever is portrayed is in the middle; the largest face may be somebody's who walked by (2 points worse on LFW). */
function mostCentral(faces: readonly DetectedFace[]): DetectedFace | undefined {
  const distance = ({ normalizedBox: { x, y, width, height } }: DetectedFace) =>
    Math.hypot(x + width / 2 - 0.5, y + height / 2 - 0.5);
  return faces.toSorted((a, b) => distance(a) - distance(b))[0];
}
