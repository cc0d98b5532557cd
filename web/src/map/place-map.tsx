import { useEffect, useMemo, useState } from "preact/hooks";
import type { WorldShapes } from "./world-shapes.ts";

/** Size of the drawing; it is scaled to its place. */
const WIDTH = 320;
const HEIGHT = 150;

/** Pixels a radian: about 45 degrees are on the map, enough to know where in the world one is. */
const SCALE = 420;

/**
 * Where in the world a place is, on a map that comes with the app: nobody is asked for pictures of the place. The shapes
 * are fetched when the first map is shown; its room is kept before.
 */
export function PlaceMap(props: {
  readonly latitude: number;
  readonly longitude: number;
  readonly label: string;
}) {
  const { latitude, longitude } = props;
  const world = useWorld();
  const paths = useMemo(
    () => world?.drawAround({ latitude, longitude, width: WIDTH, height: HEIGHT, scale: SCALE }),
    [world, latitude, longitude],
  );
  return (
    <svg class="place-map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
      {paths && (
        <>
          <path class="map-grid" d={paths.graticule} />
          <path class="map-land" d={paths.land} />
          <path class="map-border" d={paths.borders} />
        </>
      )}
      <circle class="map-halo" cx={WIDTH / 2} cy={HEIGHT / 2} r="9" />
      <circle class="map-pin" cx={WIDTH / 2} cy={HEIGHT / 2} r="4.500" />
    </svg>
  );
}

function useWorld(): WorldShapes | undefined {
  const [world, setWorld] = useState<WorldShapes>();
  useEffect(() => {
    let isCurrent = true;
    import("./world-shapes.ts").then(
      ({ worldShapes }) => isCurrent && setWorld(worldShapes),
      // Without its map a place still has its numbers.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return world;
}
