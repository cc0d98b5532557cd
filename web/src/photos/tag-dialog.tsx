import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";
import { MAX_TAG_LENGTH, useKnownTags } from "./use-known-tags.ts";

/** Asks which tag is put on photos, or taken off. */
export function TagDialog(props: {
  readonly count: number;
  readonly onAdd: (tag: string) => void;
  readonly onRemove: (tag: string) => void;
  readonly onClose: () => void;
}) {
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const known = useKnownTags(text);
  const tag = text.trim();
  useEffect(() => input.current?.focus(), []);
  return (
    <Dialog title={strings.selection.tagsTitle(props.count)} onClose={props.onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (tag !== "") props.onAdd(tag);
        }}
      >
        <label class="field-label">
          {strings.selection.tagLabel}
          <input
            ref={input}
            class="field"
            dir="auto"
            list={listId}
            maxLength={MAX_TAG_LENGTH}
            autocomplete="off"
            placeholder={strings.selection.tagPlaceholder}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <datalist id={listId}>
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <div class="dialog-actions">
          <button type="button" class="button" disabled={tag === ""} onClick={() => props.onRemove(tag)}>
            {strings.selection.tagRemove}
          </button>
          <button type="submit" class="button is-primary" disabled={tag === ""}>
            {strings.selection.tagAdd}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
