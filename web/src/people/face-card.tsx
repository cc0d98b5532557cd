import type { Face } from "../../../src/api/people.ts";
import { Icon } from "../components/icon.tsx";
import { openPhoto } from "../components/photo-tile.tsx";
import { strings } from "../strings.ts";
import { type CardPlace, opensOnClick } from "./card-grid.tsx";
import { FacePicture } from "./face-picture.tsx";
import { ChooseBox } from "./person-card.tsx";
import type { Selection } from "./use-selection.ts";

/** One face of many: a click opens its photo, or chooses while others are chosen. */
export function FaceCard(props: {
  readonly face: Face;
  readonly place: CardPlace;
  readonly selection: Selection<number>;
  /** Whether to tell faces that Keepsight found from those that a human confirmed. */
  readonly marksState?: boolean;
  /** Whether a button opens the photo, where a click on the face always chooses. */
  readonly hasPhotoButton?: boolean;
}) {
  const { face, place, selection } = props;
  const isSuggested = props.marksState === true && face.state === "suggested";
  const state = isSuggested ? strings.people.suggested : strings.people.confirmed;
  return (
    <div class={`face-card ${isSuggested ? "is-suggested" : ""}`}>
      <a
        class="face-link"
        href={`/photo/${face.photoId}`}
        data-card={place.index}
        tabIndex={place.tabIndex}
        title={isSuggested ? `${state} · ${strings.people.openPhoto}` : strings.people.openPhoto}
        aria-label={props.marksState ? strings.people.faceIn(face.id, state) : strings.people.face(face.id)}
        draggable={false}
        onClick={(event) => {
          if (!opensOnClick(event, selection, face.id, place.index)) return;
          event.preventDefault();
          openPhoto(face.photoId);
        }}
      >
        <FacePicture faceId={face.id} isEager />
        {isSuggested && (
          <span class="face-mark">
            <Icon name="meaning" size={14} />
          </span>
        )}
      </a>
      <ChooseBox
        label={strings.people.face(face.id)}
        isChosen={selection.ids.has(face.id)}
        tabIndex={place.tabIndex}
        onToggle={(isRange) =>
          isRange ? selection.extendTo(place.index) : selection.toggle(face.id, place.index)
        }
      />
      {props.hasPhotoButton && (
        <button
          type="button"
          class="face-photo"
          tabIndex={place.tabIndex}
          title={strings.people.openPhoto}
          aria-label={strings.people.openPhotoOf(face.id)}
          onClick={() => openPhoto(face.photoId)}
        >
          <Icon name="photos" size={16} />
        </button>
      )}
    </div>
  );
}
