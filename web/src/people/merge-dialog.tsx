import { useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";
import { FacePicture } from "./face-picture.tsx";

/** Asks which of several people stays when they become one: at first the one with most photos. */
export function MergeDialog(props: {
  readonly people: readonly Person[];
  readonly onMerge: (target: Person) => void;
  readonly onClose: () => void;
}) {
  const people = props.people.toSorted((a, b) => b.photoCount - a.photoCount);
  const [targetId, setTargetId] = useState(people[0]!.id);
  const target = people.find(({ id }) => id === targetId)!;
  return (
    <Dialog title={strings.people.mergeTitle} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onMerge(target);
        }}
      >
        <fieldset class="merge-choices">
          <legend>{strings.people.mergeWho}</legend>
          {people.map((person) => (
            <label key={person.id} class="merge-choice">
              <input
                type="radio"
                name="target"
                checked={person.id === targetId}
                onChange={() => setTargetId(person.id)}
              />
              <FacePicture faceId={person.coverFaceId} isRound isEager />
              <span class="merge-name">
                <bdi>{person.name}</bdi>
              </span>
              <span class="quiet">{strings.people.photosOf(person.photoCount)}</span>
            </label>
          ))}
        </fieldset>
        <p class="quiet">{strings.people.mergeExplained}</p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={props.onClose}>
            {strings.common.cancel}
          </button>
          <button type="submit" class="button is-primary">
            {strings.people.mergeAction(people.length)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
