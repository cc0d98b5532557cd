/** Where a map looks: its centre in degrees, and zoom: at 0 the world is 256 CSS pixels wide, each step doubles it. */
export interface MapView {
  readonly longitude: number;
  readonly latitude: number;
  readonly zoom: number;
}

/** CSS pixels. */
export interface MapSize {
  readonly width: number;
  readonly height: number;
}

/** The world's width at zoom 0, CSS pixels. */
const WORLD = 256;

/** Beyond this the projection (Web Mercator) leaves out the poles, degrees. */
const LAST_LATITUDE = 85.05;

/** Where a whole continent fits the narrowest phone, and where single streets would be told apart. */
export const MIN_ZOOM = 0;
export const MAX_ZOOM = 16;

/** The world's width in CSS pixels. */
export function worldWidth(zoom: number): number {
  return WORLD * 2 ** zoom;
}

const toRadians = (degrees: number) => (degrees * Math.PI) / 180;

/** Height on the world's map, from 0 at the top to 1. */
function toY(latitude: number): number {
  const kept = Math.max(-LAST_LATITUDE, Math.min(LAST_LATITUDE, latitude));
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + toRadians(kept) / 2)) / (2 * Math.PI);
}

function toLatitude(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** Degrees from −180 to 180. */
export function wrapLongitude(longitude: number): number {
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}

/** Where a place is on the screen, CSS pixels from the map's top left; the copy of the world nearest to the centre. */
export function toPixel(
  place: { readonly longitude: number; readonly latitude: number },
  view: MapView,
  size: MapSize,
): { readonly x: number; readonly y: number } {
  const width = worldWidth(view.zoom);
  return {
    x: size.width / 2 + (wrapLongitude(place.longitude - view.longitude) / 360) * width,
    y: size.height / 2 + (toY(place.latitude) - toY(view.latitude)) * width,
  };
}

/** The place under a point of the screen. */
export function toPlace(
  point: { readonly x: number; readonly y: number },
  view: MapView,
  size: MapSize,
): { readonly longitude: number; readonly latitude: number } {
  const width = worldWidth(view.zoom);
  const y = toY(view.latitude) + (point.y - size.height / 2) / width;
  return {
    longitude: wrapLongitude(view.longitude + ((point.x - size.width / 2) / width) * 360),
    latitude: toLatitude(Math.max(0, Math.min(1, y))),
  };
}

/** The view moved so that what was under one point is under another. */
export function pan(view: MapView, dx: number, dy: number): MapView {
  const width = worldWidth(view.zoom);
  const y = Math.max(0, Math.min(1, toY(view.latitude) - dy / width));
  return {
    ...view,
    longitude: wrapLongitude(view.longitude - (dx / width) * 360),
    latitude: toLatitude(y),
  };
}

/** The view nearer by some steps (further for negative ones), with the place under `point` kept there. */
export function zoomAt(
  view: MapView,
  size: MapSize,
  point: { readonly x: number; readonly y: number },
  steps: number,
): MapView {
  const zoom = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, view.zoom + steps));
  const kept = toPlace(point, view, size);
  const moved = toPixel(kept, { ...view, zoom }, size);
  return pan({ ...view, zoom }, point.x - moved.x, point.y - moved.y);
}

/** What the map shows, as the API asks for it; a whole world where more than that is in sight. */
export function boundsOf(view: MapView, size: MapSize) {
  const isWholeWorld = size.width >= worldWidth(view.zoom);
  const topLeft = toPlace({ x: 0, y: 0 }, view, size);
  const bottomRight = toPlace({ x: size.width, y: size.height }, view, size);
  return {
    west: isWholeWorld ? -180 : topLeft.longitude,
    east: isWholeWorld ? 180 : bottomRight.longitude,
    north: topLeft.latitude,
    south: bottomRight.latitude,
  };
}

/** The view in which all these places are in sight, with some room around them; the world when there are none. */
export function viewOf(
  places: readonly { readonly longitude: number; readonly latitude: number }[],
  size: MapSize,
): MapView {
  if (places.length === 0) return { longitude: 0, latitude: 20, zoom: 1 };
  const longitudes = places.map(({ longitude }) => longitude);
  const ys = places.map(({ latitude }) => toY(latitude));
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const room = 0.7;
  const zoomX = Math.log2((size.width * room) / ((WORLD * Math.max(1e-6, east - west)) / 360));
  const zoomY = Math.log2((size.height * room) / (WORLD * Math.max(1e-9, bottom - top)));
  return {
    longitude: (west + east) / 2,
    latitude: toLatitude((top + bottom) / 2),
    // A single place is shown with its country around it.
    zoom: Math.max(MIN_ZOOM, Math.min(6, zoomX, zoomY)),
  };
}
