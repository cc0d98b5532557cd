import { z } from "zod";
import { Id, PageQuery, pageOf } from "./common.ts";

/** What a library can be graded in by what its user said. */
export const EVALUATION_SUBJECTS = ["faces", "tags", "concepts"] as const;

const Share = z.number().min(0).max(1);

/** One line of a library's grades. */
export const Grade = z
  .object({
    subject: z.enum(EVALUATION_SUBJECTS),
    labels: z.number().int().describe("Statements of the user that it rests on"),
    precision: Share.nullable().describe("Of what was found, how much is right"),
    recall: Share.nullable().describe("Of what is right, how much was found"),
    ndcg: Share.nullable().describe("nDCG@10 where hits are ranked"),
    note: z.string().nullable().describe("Why there is no grade, or what to know about it"),
  })
  .meta({ id: "Grade" });
export type Grade = z.infer<typeof Grade>;

/** Another threshold that would have done better on what the user confirmed. */
export const ThresholdAdvice = z
  .object({
    setting: z.enum(["faces.matchSimilarity"]),
    modelId: z.string(),
    current: z.number(),
    suggested: z.number(),
    currentPrecision: Share,
    currentRecall: Share,
    suggestedPrecision: Share,
    suggestedRecall: Share,
    reason: z.string(),
  })
  .meta({ id: "ThresholdAdvice" });
export type ThresholdAdvice = z.infer<typeof ThresholdAdvice>;

/** How the library did on one day, by the user's own labels. */
export const Evaluation = z
  .object({
    id: z.number().int(),
    evaluatedAt: z.string().describe("ISO 8601, UTC"),
    durationMs: z.number(),
    grades: z.array(Grade),
    advice: z.array(ThresholdAdvice),
  })
  .meta({ id: "Evaluation" });
export type Evaluation = z.infer<typeof Evaluation>;

/** Query of `GET /evaluations`. */
export const EvaluationListQuery = PageQuery;
/** One page of evaluations, newest first. */
export const EvaluationPage = pageOf(Evaluation).meta({ id: "EvaluationPage" });
export type EvaluationPage = z.infer<typeof EvaluationPage>;

/** Body of `POST /evaluations/{id}/apply`. */
export const ApplyAdviceRequest = z.object({
  setting: z.enum(["faces.matchSimilarity"]).describe("Which advice to follow"),
});
/** Answer: the decision that `POST /history/{id}/undo` takes back. */
export const AppliedAdvice = z.object({ decisionId: Id, setting: z.string(), value: z.number() });
export type AppliedAdvice = z.infer<typeof AppliedAdvice>;
