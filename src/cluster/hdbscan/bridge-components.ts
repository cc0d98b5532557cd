import { createRowProducts } from "../../math/products/row-products.ts";
import type { Points } from "../points.ts";

/** Points of each component that look for others; more find better bridges and cost more products. */
const SAMPLES = 4;

/** Other components that each of them offers a bridge to. */
const BRIDGES = 4;

/**
 * Offers light edges out of every component but the largest: from a few of its points to the nearest points (by mutual
 * reachability) of a few other components. `components` has a label for each point. The edges are good guesses, not the
 * lightest; at least one leaves each component. O(s·n·d) time for s samples.
 */
export function bridgeComponents(
  points: Points,
  cores: Float64Array,
  components: Int32Array,
  offer: (i: number, j: number) => void,
): void {
  const { count, matrix, dimensions, halfNorms } = points;
  const samples = sampleComponents(components);
  const isSample = new Uint8Array(count);
  for (const i of samples) isSample[i] = 1;
  const others = Int32Array.from({ length: count }, (_, i) => i).filter((i) => isSample[i] === 0);
  const order = Int32Array.from([...samples, ...others]);
  const nearest = Array.from(samples, (): Bridge[] => []);
  using products = createRowProducts(matrix, dimensions, order);
  for (const tile of products.tiles(samples.length)) {
    for (let r = 0; r < tile.rowCount; r++) {
      const i = order[tile.firstRow + r]!;
      const bridges = nearest[tile.firstRow + r]!;
      for (let c = 0; c < tile.columnCount; c++) {
        const j = order[tile.firstColumn + c]!;
        const separation = halfNorms[i]! + halfNorms[j]! - tile.products[r * tile.stride + c]!;
        if (bridges.length === BRIDGES && separation >= bridges[BRIDGES - 1]!.weight) continue;
        if (components[j] === components[i]) continue;
        keepBridge(bridges, {
          to: j,
          component: components[j]!,
          weight: Math.max(separation, cores[i]!, cores[j]!),
        });
      }
    }
  }
  nearest.forEach((bridges, s) => bridges.forEach(({ to }) => offer(samples[s]!, to)));
}

interface Bridge {
  readonly to: number;
  readonly component: number;
  readonly weight: number;
}

/** Keeps the lightest bridge to each of the nearest components, lightest first. */
function keepBridge(bridges: Bridge[], bridge: Bridge): void {
  const same = bridges.findIndex(({ component }) => component === bridge.component);
  if (same >= 0) {
    if (bridges[same]!.weight <= bridge.weight) return;
    bridges.splice(same, 1);
  }
  const at = bridges.findIndex(({ weight }) => weight > bridge.weight);
  bridges.splice(at === -1 ? bridges.length : at, 0, bridge);
  if (bridges.length > BRIDGES) bridges.pop();
}

function sampleComponents(components: Int32Array): Int32Array {
  const members = Map.groupBy(components.keys(), (i) => components[i]!);
  const largest = [...members].reduce((a, b) => (b[1].length > a[1].length ? b : a))[0];
  members.delete(largest);
  return Int32Array.from(
    [...members.values()].flatMap((all) => {
      const wanted = Math.min(SAMPLES, all.length);
      return Array.from({ length: wanted }, (_, s) => all[Math.floor((s * all.length) / wanted)]!);
    }),
  );
}
