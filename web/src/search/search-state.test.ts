import { describe, expect, it, test } from "vitest";
import {
  addFilter,
  EMPTY_SEARCH,
  filterObject,
  type Filter,
  formatLike,
  formatObjectFilter,
  formatSearchState,
  parseLike,
  parseObjectFilter,
  parseSearchState,
  removeFilter,
  searchHref,
} from "./search-state.ts";

describe("parseSearchState", () => {
  it("reads an empty address as an empty search", () => {
    expect(parseSearchState("")).toEqual(EMPTY_SEARCH);
  });

  it("reads words, mode, order and repeated filters", () => {
    expect(parseSearchState("q=red+car&mode=semantic&sort=oldest&tag=dog&tag=beach&hasText=false")).toEqual({
      q: "red car",
      mode: "semantic",
      sort: "oldest",
      like: "",
      filters: [
        { kind: "tag", value: "dog" },
        { kind: "tag", value: "beach" },
        { kind: "hasText", value: "false" },
      ],
    });
  });

  it("leaves out what it does not know, empty values and repetitions", () => {
    const state = parseSearchState("mode=magic&sort=up&colour=red&tag=&tag=dog&tag=dog&camera=A&camera=B");
    expect(state).toEqual({
      ...EMPTY_SEARCH,
      filters: [
        { kind: "tag", value: "dog" },
        { kind: "camera", value: "A" },
      ],
    });
  });
});

describe("formatSearchState", () => {
  it("says nothing of defaults", () => {
    expect(formatSearchState(EMPTY_SEARCH)).toBe("");
    expect(searchHref({})).toBe("/search");
  });

  it("survives the way into an address and back, whatever the characters", () => {
    const state = {
      q: 'a&b=c #1 "ü" 東京',
      mode: "keyword" as const,
      sort: "oldest" as const,
      like: "12:0.1000,0.2000,0.3000,0.4000",
      filters: [
        { kind: "person" as const, value: "Zoë & Co" },
        { kind: "folder" as const, value: "/home/ada/100% real?" },
      ],
    };
    expect(parseSearchState(formatSearchState(state))).toEqual(state);
  });

  it("gives equal searches equal addresses, whatever the order of their filters", () => {
    const tag: Filter = { kind: "tag", value: "dog" };
    const from: Filter = { kind: "from", value: "2024" };
    expect(searchHref({ filters: [from, tag] })).toBe(searchHref({ filters: [tag, from] }));
  });
});

describe("addFilter", () => {
  it("adds to kinds that may be repeated and replaces the others", () => {
    const filters = [
      { kind: "tag", value: "dog" },
      { kind: "camera", value: "A" },
    ] as const;
    expect(addFilter(filters, { kind: "tag", value: "cat" })).toHaveLength(3);
    expect(addFilter(filters, { kind: "tag", value: "dog" })).toHaveLength(2);
    expect(addFilter(filters, { kind: "camera", value: "B" })).toEqual([
      filters[0],
      { kind: "camera", value: "B" },
    ]);
  });
});

describe("removeFilter", () => {
  const ada: Filter = { kind: "person", value: "Ada" };
  const ben: Filter = { kind: "person", value: "Ben" };
  const any: Filter = { kind: "personMode", value: "any" };
  const none: Filter = { kind: "personMode", value: "none" };

  it("forgets how persons combine when only one is left", () => {
    expect(removeFilter([ada, ben, any], ben)).toEqual([ada]);
  });

  it("keeps that one person is not to be in the photo", () => {
    expect(removeFilter([ada, ben, none], ben)).toEqual([ada, none]);
    expect(removeFilter([ada, none], ada)).toEqual([]);
  });
});

describe("parseObjectFilter", () => {
  test.each([
    ["dog", { label: "dog", minScore: undefined }],
    ["dog:0.6", { label: "dog", minScore: 0.6 }],
    ["dog:.6", { label: "dog", minScore: 0.6 }],
    ["ratio 4:3", { label: "ratio 4", minScore: 3 }],
    ["dog:", { label: "dog:", minScore: undefined }],
  ])("%s", (value, expected) => {
    expect(parseObjectFilter(value)).toEqual(expected);
  });
});

describe("formatObjectFilter", () => {
  it("leaves out a confidence of nothing", () => {
    expect(formatObjectFilter("dog", 0)).toBe("dog");
    expect(formatObjectFilter("dog", 0.6)).toBe("dog:0.6");
  });
});

describe("parseLike", () => {
  it.each([{ photoId: 12 }, { photoId: 12, box: { x: 0.1, y: 0.25, width: 0.5, height: 0.0625 } }])(
    "reads what formatLike writes",
    (like: { photoId: number; box?: { x: number; y: number; width: number; height: number } }) => {
      expect(parseLike(formatLike(like.photoId, like.box))).toEqual(like);
    },
  );

  it("knows pictures of this page, and nothing else", () => {
    expect(parseLike("picture-3")).toEqual({ picture: "picture-3" });
    for (const other of ["", "dog", "12:1,2", "-1", "12:0.1,0.2,0.3,x"])
      expect(parseLike(other)).toBeUndefined();
  });
});

describe("filterObject", () => {
  it("makes lists of what may be repeated, and yes and no of flags", () => {
    const filters: Filter[] = [
      { kind: "tag", value: "dog" },
      { kind: "tag", value: "beach" },
      { kind: "hasText", value: "false" },
      { kind: "camera", value: "Box 1" },
    ];
    expect(filterObject(filters)).toEqual({ tag: ["dog", "beach"], hasText: false, camera: "Box 1" });
  });
});
