import type { PeopleSuggestion } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { FacePicture } from "./face-picture.tsx";
import { usePeopleReload } from "./people-changes.ts";

/** The most questions that are counted: the API's limit. */
const COUNTED = 100;
const FACES = 4;

/** The way to the review inbox, with how many questions wait there; its place is kept while that is not known. */
export function ReviewStrip() {
  const { data, error, reload } = useResource("review", (signal) =>
    api.suggestions(undefined, COUNTED, signal),
  );
  usePeopleReload(reload);
  if (!data && !error) return <div class="review-strip" aria-busy="true" />;
  if (!data || data.items.length === 0) {
    return (
      <p class="review-strip is-empty">
        <Icon name="check" size={18} />
        {strings.people.reviewNone}
      </p>
    );
  }
  const count = data.items.length;
  return (
    <a class="review-strip" href="/people/review">
      <span class="review-faces" aria-hidden="true">
        {facesOf(data.items)
          .slice(0, FACES)
          .map((faceId) => (
            <FacePicture key={faceId} faceId={faceId} isRound isEager />
          ))}
      </span>
      <span class="review-words">
        <strong>{strings.people.reviewLink}</strong>
        <span class="quiet">{strings.people.reviewCount(count, count === COUNTED)}</span>
      </span>
      <span class="button is-small is-primary">{strings.people.reviewStart}</span>
    </a>
  );
}

function facesOf(questions: readonly PeopleSuggestion[]): number[] {
  const ids = questions.flatMap(({ persons, sampleFaceIds }) => [
    ...persons.flatMap(({ coverFaceId }) => coverFaceId ?? []),
    ...sampleFaceIds.slice(0, 1),
  ]);
  return [...new Set(ids)];
}
