import { useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { navigate } from "../router.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";
import { FacePicture } from "./face-picture.tsx";
import { NameDialog } from "./name-dialog.tsx";
import type { Named } from "./name-field.tsx";
import { PersonBirth } from "./person-birth.tsx";
import { PersonName } from "./person-name.tsx";
import { QuestionDialog } from "./question-dialog.tsx";

/** Who this is, and what can be done with all of them at once. */
export function PersonHead({ person }: { readonly person: Person }) {
  const [question, setQuestion] = useState<"merge" | "delete">();
  const { id, name, isFavourite } = person;
  const { done } = strings.people;
  const isHidden = person.status === "hidden";

  const favour = () =>
    decide(
      () => api.updatePerson(id, { isFavourite: !isFavourite }),
      () => (isFavourite ? done.noFavourite(name) : done.favourite(name)),
    );
  const hide = () =>
    decide(
      () => api.updatePerson(id, { isHidden: !isHidden }),
      () => (isHidden ? done.shown(name) : done.hidden(name)),
    );
  const remove = async () => {
    setQuestion(undefined);
    const answer = await decide(
      () => api.deletePerson(id),
      () => done.deleted(name),
    );
    if (answer) navigate("/people");
  };
  const mergeInto = async (named: Named) => {
    setQuestion(undefined);
    // A name that nobody has yet is no merger: it renames.
    if (!("personId" in named)) {
      await decide(
        () => api.updatePerson(id, { name: named.name }),
        (changed) => done.renamed(changed.name),
      );
      return;
    }
    const answer = await decide(
      () => api.mergePersons([id], named.personId),
      () => done.merged(named.shownName),
    );
    if (answer) navigate(`/people/${named.personId}`, { replace: true });
  };

  return (
    <header class="person-head">
      <FacePicture faceId={person.coverFaceId} isRound isEager />
      <div class="person-about">
        <PersonName person={person} />
        <p class="person-facts">
          <span>{strings.people.photosOf(person.photoCount)}</span>
          <PersonBirth person={person} />
          {isHidden && <span class="status-badge">{strings.people.hidden}</span>}
        </p>
      </div>
      <div class="person-tools">
        <button
          type="button"
          class={`icon-button star-button ${isFavourite ? "is-on" : ""}`}
          aria-pressed={isFavourite}
          title={isFavourite ? strings.people.unfavourite(name) : strings.people.favourite(name)}
          aria-label={isFavourite ? strings.people.unfavourite(name) : strings.people.favourite(name)}
          onClick={() => void favour()}
        >
          <Icon name="star" />
        </button>
        <button type="button" class="button is-small" onClick={() => setQuestion("merge")}>
          {strings.people.mergeInto}
        </button>
        <button type="button" class="button is-small" onClick={() => void hide()}>
          {isHidden ? strings.people.show : strings.people.hide}
        </button>
        <button type="button" class="button is-small" onClick={() => setQuestion("delete")}>
          {strings.people.delete}
        </button>
      </div>
      {question === "merge" && (
        <NameDialog
          title={strings.people.mergeIntoTitle(name)}
          hint={strings.people.mergeExplained}
          exceptIds={[id]}
          onName={(named) => void mergeInto(named)}
          onClose={() => setQuestion(undefined)}
        />
      )}
      {question === "delete" && (
        <QuestionDialog
          title={strings.people.deleteTitle(name)}
          text={strings.people.deleteExplained}
          action={strings.people.delete}
          onConfirm={() => void remove()}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </header>
  );
}
