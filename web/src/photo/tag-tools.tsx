import { useState } from "preact/hooks";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import { api, type PhotoChanges } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { decide } from "../people/decide.ts";
import { TagDialog } from "../photos/tag-dialog.tsx";
import { formatLike, searchHref } from "../search/search-state.ts";
import { strings } from "../strings.ts";

const { done } = strings.selection;

/** Below what was found in a photo: tags are put on and taken off, and photos like it are looked for. */
export function TagTools({
  details,
  onChanged,
}: {
  readonly details: PhotoDetails;
  readonly onChanged: () => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const change = async (changes: PhotoChanges, said: string) => {
    setOpen(false);
    await decide(
      () => api.changePhotos([details.id], changes),
      () => said,
    );
    onChanged();
  };
  return (
    <div class="panel-tools">
      <button type="button" class="button is-small" onClick={() => setOpen(true)}>
        <Icon name="tag" size={16} />
        {strings.photo.tags}
      </button>
      <a class="button is-small" href={searchHref({ like: formatLike(details.id) })}>
        <Icon name="meaning" size={16} />
        {strings.photo.more}
      </a>
      {isOpen && (
        <TagDialog
          count={1}
          onClose={() => setOpen(false)}
          onAdd={(tag) => void change({ addTags: [tag] }, done.tagged(1, tag))}
          onRemove={(tag) => void change({ removeTags: [tag] }, done.untagged(1, tag))}
        />
      )}
    </div>
  );
}
