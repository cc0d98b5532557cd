import { useEffect, useMemo, useState } from "preact/hooks";
import type { MapCells } from "../../../src/api/map.ts";
import { get, thumbnailUrl } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { formatCount } from "../format.ts";
import { navigate } from "../router.ts";
import { searchHref } from "../search/search-state.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { boundsOf, MAX_ZOOM, type MapSize, type MapView, viewOf } from "./map-view.ts";
import { WorldMap } from "./world-map.tsx";

/** The map rests for so long before photos of another part of the world are asked for. */
const REST_MS = 150;

/** A degree of latitude, kilometres. */
const KM_PER_DEGREE = 111.2;

type Cell = MapCells["cells"][number];

/** Where the photos were taken; a place opens the photos taken there. */
export function MapPage() {
  const whole = useResource("map", (signal) => get<MapCells>("/map?zoom=4", signal));
  const [size, setSize] = useState<MapSize>();
  const [chosen, setChosen] = useState<MapView>();
  const view = useMemo(
    () => chosen ?? viewOf(whole.data?.cells ?? [], size ?? { width: 800, height: 600 }),
    [chosen, whole.data, size],
  );
  const query = useRested(size && whole.data ? queryOf(view, size) : "zoom=4");
  const near = useResource(query, (signal) => get<MapCells>(`/map?${query}`, signal));
  const [cells, setCells] = useState<readonly Cell[]>([]);
  useEffect(() => {
    if (near.data) setCells(near.data.cells);
  }, [near.data]);
  const markers = useMemo(
    () =>
      cells.map((cell) => ({
        key: `${cell.photoId}`,
        longitude: cell.longitude,
        latitude: cell.latitude,
        content: <CellMarker cell={cell} zoom={view.zoom} />,
      })),
    [cells, Math.round(view.zoom)],
  );
  return (
    <main id="main" class="map-page">
      <h1 class="visually-hidden">{strings.map.title}</h1>
      {whole.error && <FailureNote error={whole.error} onRetry={whole.reload} />}
      {whole.data?.cells.length === 0 && <p class="map-note">{strings.map.none}</p>}
      <WorldMap
        label={strings.map.label}
        view={view}
        size={size}
        onSize={setSize}
        onView={setChosen}
        onWhole={chosen && (() => setChosen(undefined))}
        markers={markers}
      />
    </main>
  );
}

/** Cells of the same zoom as the map are 64 CSS pixels wide: their pictures stand a little apart. */
function queryOf(view: MapView, size: MapSize): string {
  const { west, south, east, north } = boundsOf(view, size);
  const zoom = Math.max(0, Math.min(20, Math.round(view.zoom)));
  const parameters = { west, south, east, north };
  const words = Object.entries(parameters).map(([name, degrees]) => `${name}=${degrees.toFixed(3)}`);
  return `${words.join("&")}&zoom=${zoom}`;
}

/** A value once it has not changed for a moment. */
function useRested(value: string): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

/** The photos of one place as one picture. */
function CellMarker({ cell, zoom }: { readonly cell: Cell; readonly zoom: number }) {
  const href = cell.count === 1 ? `/photo/${cell.photoId}` : hrefOf(cell, zoom);
  return (
    <a
      class="map-photo"
      href={href}
      aria-label={strings.map.cell(cell.count)}
      title={strings.map.cell(cell.count)}
      draggable={false}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        navigate(href);
      }}
    >
      <img src={thumbnailUrl({ id: cell.photoId, version: cell.version })} alt="" draggable={false} />
      {cell.count > 1 && <span class="map-count">{formatCount(cell.count)}</span>}
    </a>
  );
}

/** The photos around a cell: as far as it reaches to its corners. */
function hrefOf({ latitude, longitude }: Cell, zoom: number): string {
  const cellDegrees = 90 / 2 ** Math.min(MAX_ZOOM, Math.round(zoom));
  const radiusKm = Math.max(0.1, cellDegrees * KM_PER_DEGREE * Math.SQRT1_2);
  const value = `${latitude.toFixed(4)},${longitude.toFixed(4)},${radiusKm.toFixed(radiusKm < 10 ? 1 : 0)}`;
  return searchHref({ filters: [{ kind: "near", value }] });
}
