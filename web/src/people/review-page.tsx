import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PeopleSuggestion } from "../../../src/api/people.ts";
import { api, faceUrl } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { navigate } from "../router.ts";
import { strings } from "../strings.ts";
import { useViewerKeys } from "../photo/use-viewer-keys.ts";
import { undoDecisions } from "./decide.ts";
import { answerQuestion } from "./review-answers.ts";
import { createReviewQueue, type ReviewQueue } from "./review-queue.ts";
import { facesToShow, loadKnownFaces, ReviewQuestion } from "./review-question.tsx";

/** Questions fetched at a time. */
const LIMIT = 50;

/** One question at a time, for the keyboard: is this the same person? */
export function ReviewPage({ query }: { readonly query: string }) {
  const personId = new URLSearchParams(query).get("person") ?? undefined;
  const queue = useMemo(
    () => createReviewQueue(async () => (await api.suggestions(personId, LIMIT)).items),
    [personId],
  );
  useEffect(() => void queue.refill(), [queue]);
  const { questions, answered, isLoaded, error } = queue.state.value;
  const [current, next] = questions;
  const [isBusy, setBusy] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  usePrefetch(next);

  const home = personId === undefined ? "/people" : `/people/${personId}`;
  const leave = () => navigate(home, { replace: true });
  const answer = async (isYes: boolean) => {
    if (!current || isBusy) return;
    setBusy(true);
    const decisionIds = await answerQuestion(current, isYes);
    setBusy(false);
    if (decisionIds) queue.answer(decisionIds);
  };
  const undo = async () => {
    if (isBusy) return;
    const decisionIds = queue.back();
    if (decisionIds && decisionIds.length > 0) await undoDecisions(decisionIds);
  };
  useViewerKeys({
    y: () => void answer(true),
    Y: () => void answer(true),
    n: () => void answer(false),
    N: () => void answer(false),
    s: queue.skip,
    S: queue.skip,
    ArrowRight: queue.skip,
    u: () => void undo(),
    U: () => void undo(),
    Escape: leave,
  });
  useEffect(() => {
    // What is asked is read out, and keys reach the page wherever the keyboard was.
    title.current?.focus({ preventScroll: true });
  }, [current]);

  if (error && !current) {
    return (
      <main id="main" class="page">
        <h1 class="visually-hidden">{strings.review.title}</h1>
        <FailureNote error={error} onRetry={() => void queue.refill()} />
        {error.code === "model_missing" && (
          <p class="empty-actions">
            <a class="button" href="/models">
              {strings.people.noRecogniserAction}
            </a>
          </p>
        )}
      </main>
    );
  }
  if (!isLoaded) return <PageLoading />;
  if (!current) return <NothingLeft queue={queue} home={home} />;
  return (
    <main id="main" class="review-page">
      <header class="review-head">
        <button type="button" class="icon-button" aria-label={strings.review.leave} onClick={leave}>
          <Icon name="back" />
        </button>
        <div class="review-progress">
          <progress
            aria-label={strings.review.progressLabel}
            value={answered}
            max={answered + questions.length}
          />
          <span class="quiet">{strings.review.progress(answered, questions.length)}</span>
        </div>
      </header>
      <ReviewQuestion key={questionKey(current)} question={current} titleRef={title} />
      <div class="review-answers" aria-busy={isBusy}>
        <button type="button" class="button is-primary" onClick={() => void answer(true)}>
          {strings.review.yes} <kbd aria-hidden="true">Y</kbd>
        </button>
        <button type="button" class="button" onClick={() => void answer(false)}>
          {strings.review.no} <kbd aria-hidden="true">N</kbd>
        </button>
        <button type="button" class="button" onClick={queue.skip}>
          {strings.review.skip} <kbd aria-hidden="true">S</kbd>
        </button>
        <button type="button" class="button" onClick={() => void undo()}>
          {strings.review.undo} <kbd aria-hidden="true">U</kbd>
        </button>
      </div>
    </main>
  );
}

function questionKey({ kind, persons, clusterId }: PeopleSuggestion): string {
  return `${kind} ${persons.map(({ id }) => id).join(" ")} ${clusterId}`;
}

function NothingLeft({ queue, home }: { readonly queue: ReviewQueue; readonly home: string }) {
  const { answered, skipped } = queue.state.value;
  const isAfterAnswers = answered + skipped > 0;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <main id="main" class="empty-state review-done">
      <Icon name="check" size={44} />
      <h1 ref={title} tabIndex={-1}>
        {isAfterAnswers ? strings.review.doneTitle : strings.review.noneTitle}
      </h1>
      {answered > 0 && <p>{strings.review.doneAnswered(answered)}</p>}
      <p class="quiet">{isAfterAnswers ? strings.review.doneHint : strings.review.noneHint}</p>
      <div class="empty-actions">
        {skipped > 0 && (
          <>
            <span>{strings.review.skippedHint(skipped)}</span>
            <button type="button" class="button" onClick={() => void queue.askSkipped()}>
              {strings.review.skippedAgain}
            </button>
          </>
        )}
        <a class="button" href={home}>
          {strings.review.toPeople}
        </a>
      </div>
    </main>
  );
}

/** The pictures of the next question are there before it is asked. */
function usePrefetch(next: PeopleSuggestion | undefined): void {
  useEffect(() => {
    if (!next) return;
    for (const faceId of facesToShow(next)) new Image().src = faceUrl(faceId);
    for (const { id } of next.persons) {
      // A courtesy: without it the question fetches them itself.
      loadKnownFaces(id).then(
        ({ faceIds }) => faceIds.forEach((faceId) => (new Image().src = faceUrl(faceId))),
        () => {},
      );
    }
  }, [next]);
}
