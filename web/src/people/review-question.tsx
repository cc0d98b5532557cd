import type { RefObject } from "preact";
import type { PeopleSuggestion } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { FacePicture } from "./face-picture.tsx";

/** Faces shown on a side. */
const SHOWN = 4;

/** The best faces of a person, and how many there are. Rejects with an ApiError. */
export async function loadKnownFaces(
  personId: string,
): Promise<{ readonly faceIds: readonly number[]; readonly total: number }> {
  const confirmed = await api.personFaces(personId, `pageSize=${SHOWN}&state=confirmed`);
  const { items, total } =
    confirmed.total > 0 ? confirmed : await api.personFaces(personId, `pageSize=${SHOWN}`);
  return { faceIds: items.map(({ id }) => id), total };
}

/** The faces that a question is about, as many as are shown. */
export function facesToShow({ sampleFaceIds, faceIds }: PeopleSuggestion): readonly number[] {
  return [...new Set([...sampleFaceIds, ...faceIds])].slice(0, SHOWN);
}

/** Two groups of faces side by side, and what is asked about them. */
export function ReviewQuestion(props: {
  readonly question: PeopleSuggestion;
  readonly titleRef: RefObject<HTMLHeadingElement | null>;
}) {
  const { question } = props;
  const [first, second] = question.persons;
  return (
    <section class="review-question">
      <h1 ref={props.titleRef} tabIndex={-1} aria-live="polite">
        {wordsOf(question)}
      </h1>
      <div class="review-sides">
        {question.kind === "same-person" ? (
          <PersonSide person={first!} />
        ) : (
          <FacesSide
            title={strings.review.asked}
            faceIds={facesToShow(question)}
            more={question.faceCount - facesToShow(question).length}
          />
        )}
        <PersonSide person={second ?? first!} isKnown={question.kind !== "same-person"} />
      </div>
    </section>
  );
}

function PersonSide(props: {
  readonly person: PeopleSuggestion["persons"][number];
  readonly isKnown?: boolean;
}) {
  const { person } = props;
  const { data } = useResource(`known ${person.id}`, () => loadKnownFaces(person.id));
  const faceIds = data?.faceIds ?? (person.coverFaceId === null ? [] : [person.coverFaceId]);
  return (
    <FacesSide
      title={props.isKnown ? strings.review.known(person.name) : person.name}
      href={`/people/${person.id}`}
      faceIds={faceIds}
      more={0}
    />
  );
}

function FacesSide(props: {
  readonly title: string;
  readonly href?: string;
  readonly faceIds: readonly number[];
  readonly more: number;
}) {
  return (
    <figure class="review-side">
      <figcaption>
        {props.href === undefined ? (
          props.title
        ) : (
          <a href={props.href}>
            <bdi>{props.title}</bdi>
          </a>
        )}
        {props.more > 0 && <span class="quiet"> {strings.review.more(props.more)}</span>}
      </figcaption>
      <div class={`review-faces-large has-${Math.min(SHOWN, Math.max(1, props.faceIds.length))}`}>
        {props.faceIds.length === 0 && <FacePicture faceId={null} />}
        {props.faceIds.map((faceId) => (
          <FacePicture key={faceId} faceId={faceId} isEager />
        ))}
      </div>
    </figure>
  );
}

function wordsOf({ kind, persons, faceCount }: PeopleSuggestion): string {
  const [first, second] = persons;
  if (kind === "same-person") return strings.review.samePerson(first!.name, second!.name);
  if (kind === "confirm-faces") return strings.review.confirmFaces(faceCount, first!.name);
  return strings.review.clusterIsPerson(faceCount, first!.name);
}
