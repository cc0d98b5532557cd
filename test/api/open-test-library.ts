/** A small library that is really imported and really served, for tests of whole requests. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { openLibrary } from "../../src/app/open-library.ts";
import { serveLibrary } from "../../src/app/serve-library.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/core/logger.ts";
import type { Library } from "../../src/engine/library.ts";
import { TIDY_PEOPLE_JOB } from "../../src/engine/people/people-upkeep.ts";
import { linkBundledModels } from "../bundled-models.ts";

/** Strokes of the capital letters that need no font, in a box 100 high, with the room each takes. */
const LETTERS: Readonly<Record<string, readonly [path: string, width: number]>> = {
  E: ["M30 0H0V100H30M0 50H25", 50],
  F: ["M30 0H0V100M0 50H25", 50],
  H: ["M0 0V100M50 0V100M0 50H50", 75],
  I: ["M0 0V100", 25],
  L: ["M0 0V100H30", 50],
  T: ["M0 0H60M30 0V100", 80],
  X: ["M0 0L60 100M60 0L0 100", 80],
};

/** A PNG with a word of the letters E, F, H, I, L, T and X, drawn so that the text reader reads it on every machine. */
export async function drawWord(word: string): Promise<Buffer> {
  let x = 100;
  const strokes = Array.from(word, (letter) => {
    const [path, width] = LETTERS[letter]!;
    const stroke = `<path transform="translate(${x},80)" d="${path}"/>`;
    x += width;
    return stroke;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${x + 100}" height="260"><rect width="100%" height="100%" fill="white"/><g fill="none" stroke="black" stroke-width="14">${strokes.join("")}</g></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** What EXIF of a drawn photo says. */
export interface DrawnExif {
  /** `YYYY:MM:DD HH:mm:ss`. */
  readonly takenAt?: string;
  /** Degrees north and east of zero. */
  readonly place?: { readonly latitude: number; readonly longitude: number };
  readonly camera?: string;
}

/** A JPEG of one colour, 320 × 240, with EXIF. */
export async function drawPhoto(colour: string, { takenAt, place, camera }: DrawnExif = {}): Promise<Buffer> {
  const degrees = (value: number) => `${Math.round(value * 1e6)}/1000000 0/1 0/1`;
  return sharp({ create: { width: 320, height: 240, channels: 3, background: colour } })
    .withExif({
      IFD0: camera === undefined ? {} : { Make: "Test", Model: camera },
      IFD2: takenAt === undefined ? {} : { DateTimeOriginal: takenAt },
      IFD3:
        place === undefined
          ? {}
          : {
              GPSLatitudeRef: "N",
              GPSLatitude: degrees(place.latitude),
              GPSLongitudeRef: "E",
              GPSLongitude: degrees(place.longitude),
            },
    })
    .jpeg()
    .toBuffer();
}

/** The photos of every test library, by file name; `broken.jpg` cannot be decoded. */
async function drawPhotos(): Promise<Record<string, Buffer>> {
  return {
    "exit.png": await drawWord("EXIT"),
    "red.jpg": await drawPhoto("red", { takenAt: "2023:05:06 07:08:09", camera: "Box 1" }),
    "green.jpg": await drawPhoto("green", { takenAt: "2024:02:03 10:00:00" }),
    "rome.jpg": await drawPhoto("blue", {
      takenAt: "2024:02:20 12:00:00",
      place: { latitude: 41.9, longitude: 12.5 },
    }),
    "broken.jpg": (await drawPhoto("gray")).subarray(0, 300),
  };
}

/** Settings of a test library beside those it chooses itself; `files` takes the place of its own photos. */
export interface TestLibraryOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, Buffer>>;
}

/** A served library in a temporary folder. */
export interface TestLibrary {
  readonly library: Library;
  /** Of the server, without a slash at its end. */
  readonly url: string;
  /** Where its photos are. */
  readonly folder: string;
  readonly dataDirectory: string;
  /** The id of the photo with this file name. */
  idOf(fileName: string): number;
  /** Ends the server only. */
  stopServer(): Promise<void>;
  /** Ends everything and removes every file. */
  close(): Promise<void>;
}

/** Draws photos, imports them, and serves the library on a free port of this computer. */
export async function openTestLibrary({ settings, files }: TestLibraryOptions = {}): Promise<TestLibrary> {
  const root = await mkdtemp(join(tmpdir(), "keepsight-test-"));
  const folder = join(root, "photos");
  const dataDirectory = join(root, "data");
  await mkdir(folder);
  await linkBundledModels(join(dataDirectory, "models"));
  for (const [name, bytes] of Object.entries(files ?? (await drawPhotos())))
    await writeFile(join(folder, name), bytes);
  const config = readConfig({
    KEEPSIGHT_DATA_DIR: dataDirectory,
    KEEPSIGHT_PORT: "0",
    KEEPSIGHT_OFFLINE: "true",
    KEEPSIGHT_ANALYSERS: "1",
    ...settings,
  });
  const logger = createLogger("silent");
  const library = await openLibrary(config, logger, "owning");
  await library.start({ folders: [folder], isWatching: false });
  await library.runner.whenIdle();
  // Half a minute after photos came everybody is grouped anew: on a busy machine in the middle of some test.
  await library.jobs.pause(TIDY_PEOPLE_JOB);
  const { items } = await library.photos.list({}, { sort: "newest", limit: 1000, offset: 0 });
  const ids = new Map(items.map(({ fileName, id }) => [fileName, id]));
  const server = await serveLibrary(config, logger, library, "0.0.0-test");
  let stopping: Promise<void> | undefined;
  const stopServer = () => (stopping ??= server.close());
  return {
    library,
    url: server.url,
    folder,
    dataDirectory,
    idOf: (fileName) => ids.get(fileName)!,
    stopServer,
    async close() {
      await stopServer();
      await library.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
