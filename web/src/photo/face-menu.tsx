import type { Face } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { decide } from "../people/decide.ts";
import { FacePicture } from "../people/face-picture.tsx";
import { NameField, type Named, toWhom } from "../people/name-field.tsx";
import { strings } from "../strings.ts";
import { FloatingPanel } from "./floating-panel.tsx";

const { done } = strings.people;

/** Who a face is, and what can be said about it. */
export function FaceMenu(props: {
  readonly face: Face;
  readonly anchor: DOMRect;
  readonly onClose: () => void;
}) {
  const { face, onClose } = props;
  const { id, personId, personName } = face;
  const name = personName ?? undefined;
  const assign = async (named: Named) => {
    const answer = await decide(
      () => api.assignFaces([id], toWhom(named)),
      (assigned) => done.named(1, assigned.personName),
    );
    if (answer) onClose();
  };
  const reject = async () => {
    const answer = await decide(
      () => api.rejectFaces([id]),
      () => done.rejected(1, name ?? ""),
    );
    if (answer) onClose();
  };
  const remove = async () => {
    const answer = await decide(
      () => api.removeFaces([id]),
      () => done.removed(1),
    );
    if (answer) onClose();
  };
  return (
    <FloatingPanel label={strings.faceMenu.title(name)} anchor={props.anchor} onClose={onClose}>
      <header class="face-menu-head">
        <FacePicture faceId={id} isRound isEager />
        {personId === null ? (
          <strong>{strings.faceMenu.title(undefined)}</strong>
        ) : (
          <a href={`/people/${personId}`} title={strings.faceMenu.open(name ?? "")}>
            <bdi>{name}</bdi>
          </a>
        )}
      </header>
      {personId !== null && face.state === "suggested" && (
        <button
          type="button"
          class="button is-primary"
          onClick={() => void assign({ personId, shownName: name ?? "" })}
        >
          {strings.faceMenu.is(name ?? "")}
        </button>
      )}
      <NameField
        label={personId === null ? strings.people.name : strings.faceMenu.change}
        placeholder={personId === null ? strings.people.namePlaceholder : strings.faceMenu.change}
        hasFocus
        {...(personId !== null && { exceptIds: [personId] })}
        onName={(named) => void assign(named)}
        onCancel={onClose}
      />
      <div class="face-menu-actions">
        {personId !== null && (
          <button type="button" class="button is-small" onClick={() => void reject()}>
            {strings.people.notPerson(name ?? "")}
          </button>
        )}
        <button type="button" class="button is-small" onClick={() => void remove()}>
          {strings.people.notFace}
        </button>
      </div>
    </FloatingPanel>
  );
}
