import { useEffect } from "preact/hooks";
import type { RemovedPhotoPage } from "../../../src/api/folders.ts";
import { get } from "../api-client.ts";
import { Thumbnail } from "../components/photo-tile.tsx";
import { formatMoment } from "../format.ts";
import { decisionChanges, undoDecisions } from "../people/decide.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { type SectionProps, useReady } from "./use-ready.ts";

const PAGE_SIZE = 24;

/** Photos that were taken out of sight, and the way back. */
export function RemovedPhotos({ onReady }: SectionProps) {
  const list = useResource("removed", (signal) =>
    get<RemovedPhotoPage>(`/photos/removed?pageSize=${PAGE_SIZE}`, signal),
  );
  useReady(list, onReady);
  const decisions = decisionChanges.value;
  useEffect(() => list.reload(), [decisions]);
  const { data } = list;
  return (
    <section class="card">
      <h2>{strings.settings.removedPhotos}</h2>
      <p class="quiet">{data?.total === 0 ? strings.settings.noRemoved : strings.settings.removedHint}</p>
      <ul class="removed-list">
        {data?.items.map((photo) => (
          <li key={photo.id}>
            <span class="removed-thumb">
              <Thumbnail photo={photo} />
            </span>
            <span class="removed-name" dir="auto">
              {photo.fileName}
            </span>
            <span class="quiet">{formatMoment(photo.removedAt)}</span>
            {photo.decisionId !== null && (
              <button
                type="button"
                class="button is-small"
                aria-label={strings.settings.bringBackLabel(photo.fileName)}
                onClick={() => void undoDecisions([photo.decisionId!])}
              >
                {strings.settings.bringBack}
              </button>
            )}
          </li>
        ))}
      </ul>
      {data !== undefined && data.total > data.items.length && (
        <p class="quiet">{strings.settings.more(data.total - data.items.length)}</p>
      )}
    </section>
  );
}
