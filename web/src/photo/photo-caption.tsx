import { useEffect, useRef, useState } from "preact/hooks";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { changePhoto } from "./photo-decisions.ts";
import { StarRating } from "./star-rating.tsx";

/** As long as the server takes them, UTF-16 code units. */
const MAX_TITLE_LENGTH = 500;
const MAX_DESCRIPTION_LENGTH = 10_000;

/** What people say of a photo: its title, its caption and its stars, each to be changed here. */
export function PhotoCaption(props: { readonly details: PhotoDetails; readonly onClose: () => void }) {
  const { details } = props;
  const { title, description } = details.metadata;
  const [isEditing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const stop = () => {
    setEditing(false);
    // The button is back after the next drawing only.
    requestAnimationFrame(() => editButton.current?.focus());
  };
  return (
    <>
      <header class="panel-head">
        <h1 dir="auto">{title ?? details.fileName}</h1>
        <button type="button" class="icon-button" aria-label={strings.common.close} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </header>
      {isEditing ? (
        <CaptionForm details={details} onDone={stop} />
      ) : (
        <>
          {description && (
            <p class="panel-description" dir="auto">
              {description}
            </p>
          )}
          <div class="caption-tools">
            <StarRating details={details} />
            <button ref={editButton} type="button" class="button is-small" onClick={() => setEditing(true)}>
              <Icon name="edit" size={16} />
              {title === null && description === null ? strings.photo.addCaption : strings.photo.editCaption}
            </button>
          </div>
        </>
      )}
    </>
  );
}

function CaptionForm({ details, onDone }: { readonly details: PhotoDetails; readonly onDone: () => void }) {
  const before = { title: details.metadata.title ?? "", description: details.metadata.description ?? "" };
  const [title, setTitle] = useState(before.title);
  const [description, setDescription] = useState(before.description);
  const isSaving = useRef(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const save = async () => {
    if (isSaving.current) return;
    isSaving.current = true;
    const changes = {
      ...(title.trim() === before.title ? {} : { title: title.trim() }),
      ...(description.trim() === before.description ? {} : { description: description.trim() }),
    };
    const isDone =
      Object.keys(changes).length === 0 ||
      (await changePhoto(details.id, changes, strings.photo.captionSaved));
    isSaving.current = false;
    // What was typed is not lost when it could not be saved.
    if (isDone) onDone();
  };
  return (
    <form
      class="caption-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
        else if (event.key === "Escape") onDone();
        else return;
        // The photo below must not be closed by the same key.
        event.preventDefault();
      }}
    >
      <label class="field-label">
        {strings.photo.title}
        <input
          ref={first}
          class="field"
          dir="auto"
          maxLength={MAX_TITLE_LENGTH}
          value={title}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <label class="field-label">
        {strings.photo.caption}
        <textarea
          class="field"
          dir="auto"
          rows={3}
          maxLength={MAX_DESCRIPTION_LENGTH}
          value={description}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </label>
      <p class="quiet">{strings.photo.captionHint}</p>
      <div class="caption-tools">
        <button type="submit" class="button is-small is-primary">
          {strings.photo.captionSave}
        </button>
        <button type="button" class="button is-small" onClick={onDone}>
          {strings.common.cancel}
        </button>
      </div>
    </form>
  );
}
