import { IdParams, JobAccepted } from "../../api/common.ts";
import {
  AppliedAdvice,
  ApplyAdviceRequest,
  type Evaluation,
  EvaluationListQuery,
  EvaluationPage,
} from "../../api/evaluations.ts";
import type { OwnEvaluation } from "../../engine/evaluation/own-grades.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["evaluations"];

/** How well the library does by what its user confirmed, and the thresholds that would do better. */
export function addEvaluationRoutes(server: ApiServer, evaluation: OwnEvaluation): void {
  server.get(
    "/evaluations",
    {
      schema: {
        tags,
        summary: "How the library did by its own labels, newest first",
        description:
          "Confirmed faces, tags put by hand and examples of concepts are the labels. Measured every night.",
        querystring: EvaluationListQuery,
        response: { 200: EvaluationPage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const { items, total } = await evaluation.list({ limit: pageSize, offset: (page - 1) * pageSize });
      return { items: items.map(toEvaluation), total, page, pageSize };
    },
  );

  server.post(
    "/evaluations/own",
    { schema: { tags, summary: "Measure it now", response: { 202: JobAccepted } } },
    async (_, reply) => reply.code(202).send({ jobId: await evaluation.queue() }),
  );

  server.post(
    "/evaluations/:id/apply",
    {
      schema: {
        tags,
        summary: "Use the threshold that an evaluation suggests",
        description: "A decision, which `POST /history/{id}/undo` takes back. Faces are recognised anew.",
        params: IdParams,
        body: ApplyAdviceRequest,
        response: { 200: AppliedAdvice },
      },
    },
    async ({ params: { id }, body: { setting } }) => ({
      setting,
      ...(await evaluation.apply(id, setting, USER)),
    }),
  );
}

type Stored = Awaited<ReturnType<OwnEvaluation["list"]>>["items"][number];

function toEvaluation({ id, evaluatedAt, durationMs, result }: Stored): Evaluation {
  const round = (value: number | undefined) => (value === undefined ? null : Math.round(value * 1e4) / 1e4);
  return {
    id,
    evaluatedAt: new Date(evaluatedAt).toISOString(),
    durationMs,
    grades: result.grades.map(({ subject, labels, precision, recall, ndcg, note }) => ({
      subject,
      labels,
      precision: round(precision),
      recall: round(recall),
      ndcg: round(ndcg),
      note: note ?? null,
    })),
    advice: result.advice.map((advice) => ({ ...advice })),
  };
}
