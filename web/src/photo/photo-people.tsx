import type { Face } from "../../../src/api/people.ts";
import { FacePicture } from "../people/face-picture.tsx";
import { strings } from "../strings.ts";
import { nameOfFace } from "./face-overlay.tsx";

/** Who is in the photo, in the panel beside it; a face without a name can be named from here. */
export function PhotoPeople(props: {
  readonly faces: readonly Face[];
  readonly onOpen: (face: Face, element: HTMLElement) => void;
}) {
  return (
    <div class="photo-people">
      {props.faces.map((face) => {
        const name = nameOfFace(face);
        return (
          <button
            key={face.id}
            type="button"
            class={`photo-person ${name === undefined ? "is-unknown" : ""}`}
            aria-haspopup="dialog"
            data-face={face.id}
            title={name}
            aria-label={name ?? strings.faceMenu.nameFace}
            onClick={(event) => props.onOpen(face, event.currentTarget)}
          >
            <FacePicture faceId={face.id} isRound />
            <bdi>{name ?? strings.faceMenu.title(undefined)}</bdi>
          </button>
        );
      })}
    </div>
  );
}
