import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { formatBytes } from "../format.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { duplicatesApi } from "./duplicates-api.ts";

/** Says what deciding all sure groups by the rules would do, and does it. */
export function BulkDialog({ onClose }: { readonly onClose: () => void }) {
  const { data, error, reload } = useResource("plan", duplicatesApi.planAll);
  const { duplicates: words } = strings;
  const run = async () => {
    onClose();
    await attempt(duplicatesApi.resolveAll, words.allStarted);
  };
  return (
    <Dialog title={words.allTitle} onClose={onClose}>
      {error && <FailureNote error={error} onRetry={reload} />}
      {!data && !error && <p class="quiet">{strings.common.loading}</p>}
      {data?.groups === 0 && <p>{words.allNone}</p>}
      {data !== undefined && data.groups > 0 && (
        <>
          <p>{words.allWhat(data.groups, data.photosHidden, formatBytes(data.savedBytes))}</p>
          <p>{words.allCarried(data.carriedOver.tags, data.carriedOver.persons, data.carriedOver.albums)}</p>
          {data.lost.date + data.lost.place > 0 && <p>{words.allLost(data.lost.date, data.lost.place)}</p>}
          <p class="quiet">{words.allSafe}</p>
        </>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {strings.common.cancel}
        </button>
        <button
          type="button"
          class="button is-primary"
          disabled={data === undefined || data.groups === 0}
          onClick={() => void run()}
        >
          {words.allRun}
        </button>
      </div>
    </Dialog>
  );
}
