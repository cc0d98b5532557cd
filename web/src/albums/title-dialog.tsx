import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";

/** As long as the server takes a title, UTF-16 code units. */
const MAX_TITLE_LENGTH = 200;

/** Asks for the title of an album. */
export function TitleDialog(props: {
  readonly heading: string;
  readonly action: string;
  readonly title: string;
  readonly onClose: () => void;
  readonly onDone: (title: string) => void;
}) {
  const [title, setTitle] = useState(props.title);
  const wanted = title.trim();
  return (
    <Dialog title={props.heading} onClose={props.onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") props.onDone(wanted);
        }}
      >
        <label class="field-label">
          {strings.albums.name}
          <input
            class="field"
            dir="auto"
            maxLength={MAX_TITLE_LENGTH}
            value={title}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={props.onClose}>
            {strings.common.cancel}
          </button>
          <button type="submit" class="button is-primary" disabled={wanted === ""}>
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
