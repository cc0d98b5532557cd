import type { PeopleSuggestion } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";
import { loadKnownFaces } from "./review-question.tsx";

const { done } = strings.people;

/** Carries out what yes or no to a question means; resolves to the decisions made, or to undefined when it did not work. */
export async function answerQuestion(
  question: PeopleSuggestion,
  isYes: boolean,
): Promise<readonly number[] | undefined> {
  const made =
    question.kind === "same-person"
      ? await answerSamePerson(question, isYes)
      : await answerFaces(question, isYes);
  return made && [made.decisionId];
}

function answerFaces({ persons, faceIds }: PeopleSuggestion, isYes: boolean) {
  const { id, name } = persons[0]!;
  return isYes
    ? decide(
        () => api.assignFaces(faceIds, { personId: id }),
        () => done.named(faceIds.length, name),
      )
    : decide(
        () => api.rejectFaces(faceIds, id),
        () => done.rejected(faceIds.length, name),
      );
}

/** Of two who are one, the one with more faces stays. */
async function answerSamePerson({ persons }: PeopleSuggestion, isYes: boolean) {
  const [a, b] = [persons[0]!, persons[1]!];
  if (!isYes) {
    return decide(
      () => api.distinguishPersons(a.id, b.id),
      () => done.distinct(a.name, b.name),
    );
  }
  return decide(
    async () => {
      const [facesOfA, facesOfB] = await Promise.all([loadKnownFaces(a.id), loadKnownFaces(b.id)]);
      const [source, target] = facesOfA.total > facesOfB.total ? [b, a] : [a, b];
      return { ...(await api.mergePersons([source.id], target.id)), name: target.name };
    },
    ({ name }) => done.merged(name),
  );
}
