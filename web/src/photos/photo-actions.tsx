import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api, type PhotoChanges } from "../api-client.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { SelectionBar } from "../components/selection-bar.tsx";
import { decide, useUndoKey } from "../people/decide.ts";
import type { PhotoSelection } from "../state/photo-selection.ts";
import { hiddenPhotoIds } from "../state/photo-sequence.ts";
import { strings } from "../strings.ts";
import { AlbumDialog } from "./album-dialog.tsx";
import { downloadPhotos } from "./download-photos.ts";
import { HideDialog } from "./hide-dialog.tsx";
import { TagDialog } from "./tag-dialog.tsx";

const { done } = strings.selection;

/** The API takes so many photos at once. */
const MAX_PHOTOS = 10_000;

/** What can be done with the chosen photos of any grid, each with a way back. */
export function PhotoActions({
  selection,
  children,
}: {
  readonly selection: PhotoSelection;
  /** Further actions of the page. */
  readonly children?: ComponentChildren;
}) {
  const ids = [...selection.ids.value];
  const [dialog, setDialog] = useState<"tags" | "album" | "hide">();
  useUndoKey();
  const close = () => setDialog(undefined);
  const change = async (changes: PhotoChanges, said: (count: number) => string) => {
    close();
    await changePhotos(ids, changes, said);
  };
  return (
    <>
      <SelectionBar count={ids.length} onClear={selection.clear}>
        <Action
          icon="heart"
          label={strings.selection.favourite}
          onClick={() => void change({ isFavourite: true }, done.favourite)}
        />
        <Action icon="tag" label={strings.selection.tags} onClick={() => setDialog("tags")} />
        <Action icon="album" label={strings.selection.album} onClick={() => setDialog("album")} />
        <Action icon="download" label={strings.selection.download} onClick={() => void downloadPhotos(ids)} />
        <Action icon="hide" label={strings.selection.hide} onClick={() => setDialog("hide")} />
        {children}
      </SelectionBar>
      {dialog === "tags" && (
        <TagDialog
          count={ids.length}
          onClose={close}
          onAdd={(tag) => void change({ addTags: [tag] }, (count) => done.tagged(count, tag))}
          onRemove={(tag) => void change({ removeTags: [tag] }, (count) => done.untagged(count, tag))}
        />
      )}
      {dialog === "album" && <AlbumDialog photoIds={ids} onClose={close} />}
      {dialog === "hide" && (
        <HideDialog
          count={ids.length}
          onClose={close}
          onHide={() => {
            close();
            selection.clear();
            void hidePhotos(ids);
          }}
        />
      )}
    </>
  );
}

function Action(props: { readonly icon: IconName; readonly label: string; readonly onClick: () => void }) {
  return (
    <button
      type="button"
      class="button is-small"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={18} />
      <span class="action-label">{props.label}</span>
    </button>
  );
}

/** Carries out a change of many photos, in as many decisions as the API needs, and says it with a way back. */
async function changePhotos(
  ids: readonly number[],
  changes: PhotoChanges,
  said: (count: number) => string,
  onUndone?: () => void,
): Promise<boolean> {
  const answer = await decide(
    async () => {
      const made: { decisionId: number }[] = [];
      for (let start = 0; start < ids.length; start += MAX_PHOTOS)
        made.push(await api.changePhotos(ids.slice(start, start + MAX_PHOTOS), changes));
      return made;
    },
    () => said(ids.length),
    onUndone,
  );
  return answer !== undefined;
}

/** Takes photos out of sight, at once, with a way back. Resolves to whether it worked. */
export async function hidePhotos(ids: readonly number[]): Promise<boolean> {
  const showAgain = () => {
    const hidden = new Set(hiddenPhotoIds.peek());
    for (const id of ids) hidden.delete(id);
    hiddenPhotoIds.value = hidden;
  };
  hiddenPhotoIds.value = new Set([...hiddenPhotoIds.peek(), ...ids]);
  const isDone = await changePhotos(ids, { hide: true }, done.hidden, showAgain);
  if (!isDone) showAgain();
  return isDone;
}
