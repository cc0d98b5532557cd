import { api } from "../api-client.ts";
import { Thumbnail } from "../components/photo-tile.tsx";
import { formatPercent } from "../format.ts";
import { location, navigate } from "../router.ts";
import { hiddenPhotoIds } from "../state/photo-sequence.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** Photos fetched: three rows of the panel. */
const LIMIT = 12;

/** Photos that look or mean alike. Opening one keeps the grid underneath. */
export function SimilarPhotos({ photoId, version }: { readonly photoId: number; readonly version: number }) {
  const { data } = useResource(`${photoId} ${version}`, () => api.similar(photoId, LIMIT));
  const items = data?.items.filter(({ photo }) => !hiddenPhotoIds.value.has(photo.id)) ?? [];
  if (data && items.length === 0) return null;
  return (
    <section class="panel-section">
      <h2>{strings.photo.similar}</h2>
      {data?.method === "looks" && <p class="quiet">{data.notice ?? strings.photo.similarByLooks}</p>}
      <div class="similar-grid" aria-busy={!data}>
        {items.map(({ photo, similarity }) => (
          <a
            key={photo.id}
            class="similar"
            href={`/photo/${photo.id}`}
            title={strings.photo.similarity(formatPercent(similarity))}
            aria-label={`${photo.fileName}, ${strings.photo.similarity(formatPercent(similarity))}`}
            onClick={(event) => {
              if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
              event.preventDefault();
              navigate(`/photo/${photo.id}`, { replace: true, background: location.peek().background });
            }}
          >
            <Thumbnail photo={photo} />
          </a>
        ))}
      </div>
    </section>
  );
}
