import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { buildTiff, type TiffTag } from "../../test/fixtures/build-tiff.ts";
import { readExif } from "./exif.ts";

const wide = (text: string) => [...Buffer.from(`${text}\0`, "utf16le")];
const GPS = 0x8825;
const EXIF = 0x8769;
const DEGREES = [43, 1, 28, 1, 2814, 100];

const FULL: readonly TiffTag[] = [
  [0x010e, 2, "Children on the beach"],
  [0x010f, 2, "Acme"],
  [0x0110, 2, "Shooter 3000"],
  [0x0112, 3, [6]],
  [0x0132, 2, "2023:10:06 09:00:00"],
  [0x4746, 3, [4]],
  [0x9c9b, 1, wide("Été à la mer")],
  [0x9c9e, 1, wide("beach; children;")],
  [
    EXIF,
    4,
    {
      directory: [
        [0x829a, 5, [1, 250]],
        [0x829d, 5, [28, 10]],
        [0x8827, 3, [400]],
        [0x9003, 2, "2023:10:05 18:04:59"],
        [0x9291, 2, "120"],
        [0x9011, 2, "+02:00"],
        [0x9004, 2, "2023:10:05 18:05:00"],
        [0x920a, 5, [50, 1]],
        [0xa434, 2, "Acme 50mm f/2.8"],
      ],
    },
  ],
  [
    GPS,
    4,
    {
      directory: [
        [1, 2, "N"],
        [2, 5, DEGREES],
        [3, 2, "W"],
        [4, 5, [11, 1, 53, 1, 0, 1]],
        [5, 1, [1]],
        [6, 5, [125, 10]],
        [7, 5, [16, 1, 4, 1, 59, 1]],
        [0x1d, 2, "2023:10:05"],
      ],
    },
  ],
];

describe("readExif", () => {
  test.each([true, false])("reads all tags (little-endian: %s)", (littleEndian) => {
    expect(readExif(buildTiff(FULL, littleEndian))).toEqual({
      description: "Children on the beach",
      cameraMake: "Acme",
      cameraModel: "Shooter 3000",
      orientation: 6,
      dateTime: { local: "2023-10-06T09:00:00" },
      dateTimeOriginal: { local: "2023-10-05T18:04:59.120", offsetMinutes: 120 },
      dateTimeDigitized: { local: "2023-10-05T18:05:00" },
      rating: 4,
      title: "Été à la mer",
      keywords: ["beach", "children"],
      exposureTime: 1 / 250,
      fNumber: 2.8,
      iso: 400,
      focalLength: 50,
      lensModel: "Acme 50mm f/2.8",
      latitude: 43 + 28 / 60 + 28.14 / 3600,
      longitude: -(11 + 53 / 60),
      altitude: -12.5,
      gpsTimeMs: Date.parse("2023-10-05T16:04:59Z"),
    });
  });

  test.each<[string, readonly TiffTag[]]>([
    ["a date of zeros", [[EXIF, 4, { directory: [[0x9003, 2, "0000:00:00 00:00:00"]] }]]],
    ["an aperture of 0/0", [[EXIF, 4, { directory: [[0x829d, 5, [0, 0]]] }]]],
    ["an exposure of ten days", [[EXIF, 4, { directory: [[0x829a, 5, [864_000, 1]]] }]]],
    ["an orientation of 9", [[0x0112, 3, [9]]]],
    ["a rating of 200", [[0x4746, 3, [200]]]],
    ["the caption that the camera writes", [[0x010e, 2, "OLYMPUS DIGITAL CAMERA         "]]],
    ["text of control characters", [[0x010f, 2, "\u0001\u0002\u0003"]]],
    [
      "a place without hemispheres",
      [
        [
          GPS,
          4,
          {
            directory: [
              [2, 5, DEGREES],
              [4, 5, DEGREES],
            ],
          },
        ],
      ],
    ],
    [
      "the place 0, 0",
      [
        [
          GPS,
          4,
          {
            directory: [
              [1, 2, "N"],
              [2, 5, [0, 1, 0, 1, 0, 1]],
              [3, 2, "E"],
              [4, 5, [0, 1, 0, 1, 0, 1]],
            ],
          },
        ],
      ],
    ],
    [
      "a latitude of 91 degrees",
      [
        [
          GPS,
          4,
          {
            directory: [
              [1, 2, "N"],
              [2, 5, [91, 1, 0, 1, 0, 1]],
              [3, 2, "E"],
              [4, 5, DEGREES],
            ],
          },
        ],
      ],
    ],
    [
      "degrees of 0/0",
      [
        [
          GPS,
          4,
          {
            directory: [
              [1, 2, "N"],
              [2, 5, [0, 0, 0, 0, 0, 0]],
              [3, 2, "E"],
              [4, 5, [0, 0, 0, 0, 0, 0]],
            ],
          },
        ],
      ],
    ],
    ["a GPS time without a date", [[GPS, 4, { directory: [[7, 5, [16, 1, 4, 1, 59, 1]]] }]]],
    [
      "a GPS time of 99 o'clock",
      [
        [
          GPS,
          4,
          {
            directory: [
              [7, 5, [99, 1, 4, 1, 59, 1]],
              [0x1d, 2, "2023:10:05"],
            ],
          },
        ],
      ],
    ],
  ])("drops %s", (_name, tags) => {
    expect(readExif(buildTiff(tags))).toEqual({});
  });

  it("reads a place whose seconds are 0/0", () => {
    const place: TiffTag = [
      GPS,
      4,
      {
        directory: [
          [1, 2, "S"],
          [2, 5, [33, 1, 30, 1, 0, 0]],
          [3, 2, "E"],
          [4, 5, [151, 1, 0, 1, 0, 0]],
        ],
      },
    ];
    expect(readExif(buildTiff([place]))).toEqual({ latitude: -33.5, longitude: 151 });
  });

  it("takes the long ISO where the short one overflows", () => {
    expect(
      readExif(
        buildTiff([
          [
            EXIF,
            4,
            {
              directory: [
                [0x8827, 3, [65535]],
                [0x8832, 4, [102_400]],
              ],
            },
          ],
        ]),
      ),
    ).toEqual({ iso: 102_400 });
  });

  it("reads directories that are TIFF structures of their own", () => {
    const exifDirectory = buildTiff([[0x9003, 2, "2023:10:05 18:04:59"]]);
    const gpsDirectory = buildTiff([
      [1, 2, "N"],
      [2, 5, DEGREES],
      [3, 2, "E"],
      [4, 5, DEGREES],
    ]);
    const tags = readExif(buildTiff([[0x010f, 2, "Canon"]]), { exifDirectory, gpsDirectory });
    expect(tags).toMatchObject({ cameraMake: "Canon", dateTimeOriginal: { local: "2023-10-05T18:04:59" } });
    expect(tags.latitude).toBeCloseTo(43.4745, 3);
  });

  it("falls back to Latin-1 for text that is not UTF-8, and cuts absurd lengths", () => {
    expect(readExif(buildTiff([[0x010f, 2, "Caf\u00e9"]])).cameraMake).toBe("Café");
    expect(readExif(buildTiff([[0x010f, 2, "x".repeat(30_000)]])).cameraMake).toHaveLength(4000);
  });

  it("never throws on damaged blocks", () => {
    const block = buildTiff(FULL);
    fc.assert(
      fc.property(
        fc.nat(block.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(block.length),
        (at, value, end) => {
          const damaged = block.slice(0, Math.max(end, 1));
          damaged[at % damaged.length] = value;
          expect(readExif(damaged)).toBeTypeOf("object");
        },
      ),
      { numRuns: 1000 },
    );
  });
});
