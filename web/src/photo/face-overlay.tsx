import type { Face } from "../../../src/api/people.ts";
import { strings } from "../strings.ts";

/** What a face is called on a photo: by a name, doubtful where only Keepsight says so. */
export function nameOfFace({ personName, state }: Face): string | undefined {
  if (personName === null) return undefined;
  return state === "suggested" ? `${personName}?` : personName;
}

/** Frames around the faces with their names; each opens what can be done with it. */
export function FaceOverlay(props: {
  readonly faces: readonly Face[];
  readonly scale: number;
  readonly openId: number | undefined;
  readonly onOpen: (face: Face, frame: HTMLElement) => void;
}) {
  return (
    <div class="box-overlay is-face" style={{ "--zoom": String(props.scale) }}>
      {props.faces.map((face) => {
        const { box, id } = face;
        const name = nameOfFace(face);
        return (
          <button
            key={id}
            type="button"
            data-face={id}
            class={`overlay-box is-button ${name === undefined ? "is-unknown" : ""} ${face.state === "suggested" ? "is-suggested" : ""} ${box.y < 0.05 ? "is-at-top" : ""} ${props.openId === id ? "is-open" : ""}`}
            aria-label={name ?? strings.faceMenu.unknown}
            aria-haspopup="dialog"
            style={{
              left: `${box.x * 100}%`,
              top: `${box.y * 100}%`,
              width: `${box.width * 100}%`,
              height: `${box.height * 100}%`,
            }}
            onClick={(event) => props.onOpen(face, event.currentTarget)}
          >
            <span class="overlay-label">
              <bdi>{name ?? strings.faceMenu.title(undefined)}</bdi>
            </span>
          </button>
        );
      })}
    </div>
  );
}
