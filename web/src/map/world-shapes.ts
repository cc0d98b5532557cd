/**
 * The shapes of the world (Natural Earth 1:110m, public domain, as packed by world-atlas) and their drawing. Fetched with
 * the first map that is shown.
 */
import { geoAzimuthalEqualArea, geoGraticule10, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-110m.json";

const topology = atlas as unknown as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
const land = feature(topology, topology.objects.land);
const borders = mesh(topology, topology.objects.countries, (a, b) => a !== b);
const graticule = geoGraticule10();

/** Beyond this angle from the middle nothing is drawn, degrees. */
const CLIP_DEGREES = 40;

export const worldShapes = {
  /** Outlines (SVG path data) of the part of the world around a place, which is in the middle; true in area. */
  drawAround(view: {
    readonly latitude: number;
    readonly longitude: number;
    readonly width: number;
    readonly height: number;
    /** Pixels a radian. */
    readonly scale: number;
  }): { readonly land: string; readonly borders: string; readonly graticule: string } {
    const path = geoPath(
      geoAzimuthalEqualArea()
        .rotate([-view.longitude, -view.latitude])
        .translate([view.width / 2, view.height / 2])
        .scale(view.scale)
        .clipAngle(CLIP_DEGREES)
        .precision(0.5),
    ).digits(1);
    return { land: path(land) ?? "", borders: path(borders) ?? "", graticule: path(graticule) ?? "" };
  },
};

/** What draws the world. */
export type WorldShapes = typeof worldShapes;
