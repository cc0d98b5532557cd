import { describe, expect, it } from "vitest";
import { listOffers } from "./download-offers.ts";
import type { ModelSummary } from "./installed-models.ts";

function model(id: string, task: string, more: Partial<ModelSummary> = {}): ModelSummary {
  return {
    id,
    title: id,
    task,
    state: "missing",
    source: null,
    isActive: false,
    byteSize: 1000,
    missingByteSize: 1000,
    preference: 70,
    licence: { name: "MIT", url: null, commercial: true },
    sets: ["open"],
    canDownload: true,
    problems: [],
    ...more,
  } as ModelSummary;
}

const inUse = (id: string, task: string, preference: number) =>
  model(id, task, { isActive: true, state: "installed", preference, canDownload: false, sets: [] });

describe("listOffers", () => {
  it("says of each missing model of a set whether it is new, better than what is in use, or of no use", () => {
    const [offer, ...others] = listOffers([
      inUse("bundled", "object-detection", 5),
      inUse("own", "face-detection", 90),
      model("better", "object-detection", { missingByteSize: 400 }),
      model("worse", "face-detection"),
      model("meaning", "clip"),
      model("no-set", "clip", { sets: [] }),
    ]);
    expect(others).toEqual([]);
    expect(offer).toMatchObject({ set: "open", byteSize: 2400, needsConsent: false });
    expect(offer!.models.map(({ id, effect, inUse: current }) => [id, effect, current])).toEqual([
      ["better", "replaces", "bundled"],
      ["worse", "unused", "own"],
      ["meaning", "adds", null],
    ]);
  });

  it("asks for consent where a licence restricts use", () => {
    const licence = { name: "Research only", url: null, commercial: false };
    expect(listOffers([model("a", "clip", { licence })])).toMatchObject([
      { needsConsent: true, models: [{ licence: "Research only", isRestricted: true }] },
    ]);
  });

  it("names sets that anybody may use first", () => {
    const licence = { name: "Research only", url: null, commercial: false };
    const offers = listOffers([model("a", "clip", { licence, sets: ["recommended"] }), model("b", "clip")]);
    expect(offers.map(({ set }) => set)).toEqual(["open", "recommended"]);
  });

  it("offers nothing that would change nothing", () => {
    expect(listOffers([inUse("own", "clip", 90), model("worse", "clip")])).toEqual([]);
    expect(listOffers([model("unreachable", "clip", { canDownload: false })])).toEqual([]);
  });
});
