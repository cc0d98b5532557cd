import { geoMercator, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
// Natural Earth by world-atlas, public domain: it comes with the app, nothing is asked of anybody else.
import worldUrl from "world-atlas/countries-50m.json?url";
import { type MapSize, type MapView, worldWidth } from "./map-view.ts";

type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

interface Outlines {
  readonly land: ReturnType<typeof feature>;
  readonly borders: ReturnType<typeof mesh>;
}

let loading: Promise<Outlines> | undefined;

/** Outlines of land and countries, fetched once from the app's own server. */
export function loadWorld(): Promise<Outlines> {
  loading ??= fetch(worldUrl)
    .then((response) => {
      if (!response.ok) throw new Error(`The map could not be fetched: ${response.status}`);
      return response.json() as Promise<World>;
    })
    .then((world) => ({
      land: feature(world, world.objects.land),
      borders: mesh(world, world.objects.countries, (a, b) => a !== b),
    }))
    .catch((error: unknown) => {
      // The next one who looks tries again.
      loading = undefined;
      throw error;
    });
  return loading;
}

/** Draws the world as a view shows it: land in the canvas's `color`, borders in its `outline-color`. */
export function drawWorld(canvas: HTMLCanvasElement, world: Outlines, view: MapView, size: MapSize): void {
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  const colours = getComputedStyle(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const projection = geoMercator()
    .scale(worldWidth(view.zoom) / (2 * Math.PI))
    .rotate([-view.longitude, 0])
    .translate([size.width / 2, 0])
    .clipExtent([
      [-2, -2],
      [size.width + 2, size.height + 2],
    ]);
  const [, y] = projection([view.longitude, view.latitude])!;
  projection.translate([size.width / 2, size.height / 2 - y]);
  const path = geoPath(projection, context);
  context.beginPath();
  path(world.land);
  context.fillStyle = colours.color;
  context.fill();
  context.beginPath();
  path(world.borders);
  context.strokeStyle = colours.outlineColor;
  context.lineWidth = 1;
  context.stroke();
}
