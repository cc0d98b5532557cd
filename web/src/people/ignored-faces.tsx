import { useState } from "preact/hooks";
import type { FacePage } from "../../../src/api/people.ts";
import { get, post } from "../api-client.ts";
import { openPhoto } from "../components/photo-tile.tsx";
import { formatCount } from "../format.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";
import { FacePicture } from "./face-picture.tsx";
import { usePeopleReload } from "./people-changes.ts";

const PAGE_SIZE = 24;

/** Faces of strangers that were ignored, and the way back; nothing where there are none. */
export function IgnoredFaces() {
  const [pages, setPages] = useState(1);
  const list = useResource(`ignored ${pages}`, (signal) => loadIgnored(pages, signal));
  const [shown, setShown] = useState(list.data);
  if (list.data && list.data !== shown) setShown(list.data);
  usePeopleReload(list.reload);
  if (!shown || shown.total === 0) return null;
  const restore = (faceId: number) =>
    decide(
      () => post<{ readonly decisionId: number | null }>("/faces/restore", { faceIds: [faceId] }),
      () => strings.people.done.restored,
    );
  return (
    <details class="people-section ignored-faces">
      <summary>
        <h2>
          {strings.people.ignoredFaces} <span class="section-count">{formatCount(shown.total)}</span>
        </h2>
      </summary>
      <p class="quiet">{strings.people.ignoredHint}</p>
      <ul class="ignored-list">
        {shown.faces.map(({ id, photoId }) => (
          <li key={id}>
            <a
              class="face-link"
              href={`/photo/${photoId}`}
              aria-label={strings.people.face(id)}
              title={strings.people.openPhoto}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                openPhoto(photoId);
              }}
            >
              <FacePicture faceId={id} />
            </a>
            <button
              type="button"
              class="button is-small"
              aria-label={strings.people.restoreLabel(id)}
              onClick={() => void restore(id)}
            >
              {strings.people.restore}
            </button>
          </li>
        ))}
      </ul>
      {shown.faces.length < shown.total && (
        <button type="button" class="button" onClick={() => setPages(pages + 1)}>
          {strings.people.more}
        </button>
      )}
    </details>
  );
}

async function loadIgnored(pages: number, signal: AbortSignal) {
  const loaded = await Promise.all(
    Array.from({ length: pages }, (_, index) =>
      get<FacePage>(`/faces/unassigned?isIgnored=true&page=${index + 1}&pageSize=${PAGE_SIZE}`, signal),
    ),
  );
  const byId = new Map(loaded.flatMap(({ items }) => items.map((face) => [face.id, face])));
  return { faces: [...byId.values()], total: loaded[0]!.total };
}
