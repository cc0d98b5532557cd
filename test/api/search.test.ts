import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

/** Names that a spreadsheet could take for formulas, and that CSV must quote. */
const ODD_NAMES = [
  "=1+1.jpg",
  "+2.jpg",
  "-3.jpg",
  "@sum.jpg",
  'say "hello".jpg',
  "a,b.jpg",
  "two\nlines.jpg",
];

let test: TestLibrary;

beforeAll(async () => {
  const odd = await Promise.all(
    ODD_NAMES.map(
      async (name, i) => [name, await drawPhoto(`rgb(${i * 30},0,0)`, { camera: `C${i}` })] as const,
    ),
  );
  test = await openTestLibrary({
    files: {
      ...Object.fromEntries(odd),
      "sign.png": await drawWord("EXIT"),
      "rome.jpg": await drawPhoto("blue", {
        takenAt: "2024:02:20 12:00:00",
        place: { latitude: 41.9, longitude: 12.5 },
        camera: "Pinhole 7",
      }),
      "leap.jpg": await drawPhoto("lime", { takenAt: "2024:02:29 23:59:59" }),
    },
  });
});

afterAll(() => test.close());

async function getJson(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${test.url}/api/v1/${path}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

/** File names of the photos that a list or a search gives. */
async function find(path: string): Promise<string[]> {
  const { items } = (await getJson(path)) as {
    items: ({ fileName: string } | { photo: { fileName: string } })[];
  };
  return items.map((item) => ("photo" in item ? item.photo : item).fileName);
}

/** RFC 4180 as a spreadsheet reads it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  return rows.slice(0, -1);
}

describe("GET /search", () => {
  it("finds the words in a photo and shows where", async () => {
    const { items, mode, notice } = (await getJson("search?q=exit")) as {
      items: { photo: { fileName: string }; reasons: { channel: string; boxes: { x: number }[] }[] }[];
      mode: string;
      notice: string;
    };
    expect(items).toHaveLength(1);
    expect(items[0]!.photo.fileName).toBe("sign.png");
    const reason = items[0]!.reasons.find(({ channel }) => channel === "text")!;
    expect(reason.boxes[0]!.x).toBeGreaterThan(0);
    expect(mode).toBe("keyword");
    expect(notice).toMatch(/No text-image model/);
  });

  it.each([
    ["from=2024-02-20&to=2024-02-20", ["rome.jpg"]],
    ["from=2024-02&to=2024-02", ["leap.jpg", "rome.jpg"]],
    ["from=2024-02-21&to=2024", ["leap.jpg"]],
    ["hasGps=true", ["rome.jpg"]],
    ["near=41.8,12.6,50", ["rome.jpg"]],
    ["near=-41.8,12.6,50", []],
    ["camera=Pinhole%207", ["rome.jpg"]],
    ["format=png", ["sign.png"]],
    ["text=exi", ["sign.png"]],
    ["hasText=true&hasGps=true", []],
    ["object=dog:0.5", []],
  ])("obeys the filter %s alike in lists, searches, counts and months", async (filter, expected) => {
    expect(await find(`photos?${filter}`)).toEqual(expected);
    expect(await find(`search?${filter}`)).toEqual(expected);
    expect(await getJson(`timeline?${filter}`)).toMatchObject({ total: expected.length });
  });

  it("gives pages that join without gap or overlap", async () => {
    const all = await find("photos?pageSize=100");
    const pages = await Promise.all([1, 2, 3, 4].map((page) => find(`photos?pageSize=3&page=${page}`)));
    expect(pages.flat()).toEqual(all);
    expect(await find("photos?page=1000000")).toEqual([]);
  });
});

describe("GET /search/export", () => {
  it("gives CSV that a spreadsheet reads as text, whatever a file is called", async () => {
    const response = await fetch(`${test.url}/api/v1/search/export?format=jpeg`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="keepsight-search.csv"');
    const [head, ...rows] = parseCsv(await response.text());
    expect(head).toEqual([
      "id",
      "path",
      "fileName",
      "takenAt",
      "width",
      "height",
      "latitude",
      "longitude",
      "score",
      "foundBy",
    ]);
    expect(rows).toHaveLength(ODD_NAMES.length + 2);
    for (const row of rows) {
      expect(row).toHaveLength(head!.length);
      for (const cell of row.slice(1, 4)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
    const names = rows.map(([, , name]) => name);
    for (const name of ODD_NAMES) expect(names).toContain(/^[=+\-@]/.test(name) ? `'${name}` : name);
    expect(rows.find(([, , name]) => name === "rome.jpg")!.slice(3, 8)).toEqual([
      "2024-02-20T12:00:00",
      "320",
      "240",
      "41.9",
      "12.5",
    ]);
  });

  it("gives the same as JSON", async () => {
    const response = await fetch(`${test.url}/api/v1/search/export?as=json&q=exit`);
    expect(response.headers.get("content-disposition")).toContain("keepsight-search.json");
    expect(await response.json()).toEqual([
      expect.objectContaining({ fileName: "sign.png", foundBy: "text", latitude: null, takenAt: null }),
    ]);
  });
});
