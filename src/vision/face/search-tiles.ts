import type { Box, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { nonMaximumSuppression } from "../../math/non-maximum-suppression.ts";
import type { FaceDetector } from "./face-detector.ts";
import type { FaceDetection } from "./feature-levels.ts";

/**
 * Small faces in large photos: tiles of the photo are searched at full size, the one where most was noted first. A tile that
 * shows more faces than were noted leads on to its neighbours, as crowds do not end at its border; tiles that show none
 * end the search early. Cost: one look a tile.
 */

/** Faces with a shorter side than this in the first look are small, pixels: SCRFD-2.5g finds 22 % of 10, 93 % of 13. */
const SMALL_SIDE = 20;

/** The detail view must show so many times more than the first look saw. */
const MIN_GAIN = 1.25;

/** Pixels that neighbouring tiles share: a face no larger than this lies whole in one of them. */
const OVERLAP = 64;

/** Tiles searched at most: all of a 4:3 photo of 1920 pixels with a detector of 640. */
const MAX_TILES = 12;

/** A tile with so many more faces than were noted is a part of a crowd. */
const MIN_CROWD = 2;

/** After so many tiles without a face the notes were mistaken. */
const MAX_FRUITLESS = 2;

/** A part of the photo, in pixels, at a place of the grid. */
interface Tile {
  readonly column: number;
  readonly row: number;
  readonly box: Box;
}

/**
 * `noted` (what the first look at the whole photo saw, in pixels of the image) with small faces added, and those in doubt
 * replaced, by what the tiles show. Scores go down to what the detector finds doubtful.
 */
export async function searchTiles(
  image: RasterImage,
  noted: readonly FaceDetection[],
  detector: FaceDetector,
): Promise<FaceDetection[]> {
  const { inputSize, iouThreshold, doubt } = detector.settings;
  const gain = Math.max(image.width, image.height) / inputSize;
  const isSmall = ({ box }: FaceDetection) => Math.min(box.width, box.height) < SMALL_SIDE * gain;
  const hints = noted.filter((face) => isSmall(face) && face.score < (doubt?.below ?? 1));
  if (gain < MIN_GAIN || hints.length === 0) return [...noted];
  const { searched, found } = await search(image, noted, hints, detector);
  const known = noted.filter((face) => !hints.includes(face));
  const small = nonMaximumSuppression(found.filter(isSmall), iouThreshold);
  const elsewhere = hints.filter((hint) => !searched.some((tile) => isCentreInside(hint, tile)));
  return [...known, ...without(small, known), ...without(elsewhere, small)];
}

/** Faces of `faces` that none of `others` is. */
function without(faces: readonly FaceDetection[], others: readonly FaceDetection[]): FaceDetection[] {
  const isSame = (a: FaceDetection, b: FaceDetection) => intersectionOverUnion(a.box, b.box) > 0.3;
  return faces.filter((face) => !others.some((other) => isSame(face, other)));
}

/** What the searched tiles show, the most promising first. */
async function search(
  image: RasterImage,
  noted: readonly FaceDetection[],
  hints: readonly FaceDetection[],
  detector: FaceDetector,
) {
  const sureIn = (tile: Tile, faces: readonly FaceDetection[]) =>
    faces.filter((face) => face.score >= detector.settings.scoreThreshold && isCentreInside(face, tile))
      .length;
  const tiles = layTiles(image, detector.settings.inputSize);
  const waiting = new Map(
    tiles.map((tile) => [tile, weigh(hints, tile)] as const).filter(([, weight]) => weight > 0),
  );
  const searched: Tile[] = [];
  const found: FaceDetection[] = [];
  let fruitless = 0;
  while (waiting.size > 0 && searched.length < MAX_TILES && fruitless < MAX_FRUITLESS) {
    const tile = heaviest(waiting);
    waiting.delete(tile);
    searched.push(tile);
    const faces = await lookAtTile(image, tile, detector);
    found.push(...faces);
    const count = sureIn(tile, faces);
    fruitless = count === 0 ? fruitless + 1 : 0;
    if (count < sureIn(tile, noted) + MIN_CROWD) continue;
    for (const neighbour of neighboursOf(tile, tiles).filter((other) => !searched.includes(other))) {
      waiting.set(neighbour, (waiting.get(neighbour) ?? 0) + count);
    }
  }
  return { searched, found };
}

function heaviest(weights: ReadonlyMap<Tile, number>): Tile {
  return [...weights].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Tiles of `side` pixels spread evenly over the image, with at least {@link OVERLAP} in common. */
function layTiles(image: Size, side: number): Tile[] {
  const columns = countTiles(image.width, side);
  const rows = countTiles(image.height, side);
  return Array.from({ length: columns * rows }, (_, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const x = placeTile(column, columns, image.width, side);
    const y = placeTile(row, rows, image.height, side);
    return {
      column,
      row,
      box: { x, y, width: Math.min(side, image.width), height: Math.min(side, image.height) },
    };
  });
}

function countTiles(length: number, side: number): number {
  return Math.max(1, Math.ceil((length - OVERLAP) / (side - OVERLAP)));
}

function placeTile(index: number, count: number, length: number, side: number): number {
  return count === 1 ? 0 : Math.round((index * (length - side)) / (count - 1));
}

function neighboursOf({ column, row }: Tile, tiles: readonly Tile[]): Tile[] {
  return tiles.filter((tile) => Math.abs(tile.column - column) + Math.abs(tile.row - row) === 1);
}

/** How much was noted in a tile. */
function weigh(hints: readonly FaceDetection[], tile: Tile): number {
  return hints.reduce((sum, hint) => sum + (isCentreInside(hint, tile) ? hint.score : 0), 0);
}

function isCentreInside({ box }: FaceDetection, { box: tile }: Tile): boolean {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  return x >= tile.x && x < tile.x + tile.width && y >= tile.y && y < tile.y + tile.height;
}

/** The faces of a tile in pixels of the image, without those that its border cuts: a neighbour has them whole. */
async function lookAtTile(
  image: RasterImage,
  { box: tile }: Tile,
  detector: FaceDetector,
): Promise<FaceDetection[]> {
  const { scoreThreshold, doubt } = detector.settings;
  const look = { scoreThreshold: Math.min(doubt?.from ?? 1, scoreThreshold), atOwnSize: true };
  const faces = await detector.detect(crop(image, tile), look);
  return faces
    .map(({ box, landmarks, score }) => ({
      box: { ...box, x: box.x + tile.x, y: box.y + tile.y },
      landmarks: landmarks.map(({ x, y }) => ({ x: x + tile.x, y: y + tile.y })),
      score,
    }))
    .filter(({ box }) => !isCut(box, tile, image));
}

/** Whether a box reaches over a border of the tile that is none of the image. */
function isCut(box: Box, tile: Box, image: Size): boolean {
  const right = tile.x + tile.width;
  const bottom = tile.y + tile.height;
  return (
    (tile.x > 0 && box.x <= tile.x) ||
    (tile.y > 0 && box.y <= tile.y) ||
    (right < image.width && box.x + box.width >= right) ||
    (bottom < image.height && box.y + box.height >= bottom)
  );
}
