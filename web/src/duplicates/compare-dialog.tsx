import { useEffect, useState } from "preact/hooks";
import type { DuplicateMember } from "../../../src/api/duplicates.ts";
import { previewUrl } from "../api-client.ts";
import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";

/** Two members in the same place, one instead of the other while held: what differs jumps to the eye. */
export function CompareDialog(props: {
  readonly members: readonly DuplicateMember[];
  readonly keeperId: number;
  readonly onClose: () => void;
}) {
  const { members } = props;
  const keeper = members.findIndex(({ photo }) => photo.id === props.keeperId);
  const [first, setFirst] = useState(Math.max(0, keeper));
  const [second, setSecond] = useState(keeper === 0 ? 1 : 0);
  const [isSwapped, setSwapped] = useState(false);
  const front = members[isSwapped ? second : first] ?? members[0]!;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isControl =
        event.target instanceof HTMLSelectElement || event.target instanceof HTMLButtonElement;
      if (event.key !== " " || isControl) return;
      event.preventDefault();
      setSwapped(event.type === "keydown");
    };
    // The dialog keeps key presses to itself.
    addEventListener("keydown", onKey, { capture: true });
    addEventListener("keyup", onKey, { capture: true });
    return () => {
      removeEventListener("keydown", onKey, { capture: true });
      removeEventListener("keyup", onKey, { capture: true });
    };
  }, []);

  return (
    <Dialog title={strings.duplicates.compareTitle} class="compare-dialog" onClose={props.onClose}>
      <p class="quiet">{strings.duplicates.compareHint}</p>
      <div class="compare-picks">
        <Pick members={members} chosen={first} isShown={!isSwapped} onChoose={setFirst} />
        <Pick members={members} chosen={second} isShown={isSwapped} onChoose={setSecond} />
      </div>
      <div
        class="compare-stage"
        onPointerDown={() => setSwapped(true)}
        onPointerUp={() => setSwapped(false)}
        onPointerLeave={() => setSwapped(false)}
        onPointerCancel={() => setSwapped(false)}
      >
        {[first, second].map((index) => {
          const member = members[index];
          return (
            member && (
              <img
                key={member.photo.id}
                class={member === front ? "is-front" : ""}
                src={previewUrl(member.photo)}
                alt={member === front ? member.photo.fileName : ""}
                draggable={false}
              />
            )
          );
        })}
      </div>
    </Dialog>
  );
}

function Pick(props: {
  readonly members: readonly DuplicateMember[];
  readonly chosen: number;
  readonly isShown: boolean;
  readonly onChoose: (index: number) => void;
}) {
  return (
    <select
      class={`select ${props.isShown ? "is-shown" : ""}`}
      aria-label={strings.duplicates.comparePick}
      value={props.chosen}
      onChange={({ currentTarget: { value } }) => props.onChoose(Number(value))}
    >
      {props.members.map(({ photo }, index) => (
        <option key={photo.id} value={index}>
          {photo.fileName}
        </option>
      ))}
    </select>
  );
}
