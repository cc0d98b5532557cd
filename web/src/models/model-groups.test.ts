import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/api/system.ts";
import { groupModels } from "./model-groups.ts";

function modelOf(id: string, task: string, about: Partial<Model> = {}): Model {
  return {
    id,
    title: id,
    task,
    state: "missing",
    source: null,
    isActive: false,
    byteSize: 1,
    isSizeKnown: true,
    unverified: [],
    missingByteSize: 1,
    preference: 0,
    licence: { name: "MIT", url: null, commercial: true },
    sets: [],
    canDownload: true,
    problems: [],
    ...about,
  };
}

function stepOf(step: string, isAvailable: boolean) {
  return { step, isAvailable, modelIds: [], reason: isAvailable ? null : "no model" };
}

describe("groupModels", () => {
  it("puts what is in use first and what else there is behind it", () => {
    const items = [
      modelOf("detector-large", "face-detection"),
      modelOf("detector", "face-detection", { isActive: true, state: "installed" }),
      modelOf("recogniser", "face-recognition", { isActive: true, state: "installed" }),
    ];
    const [group] = groupModels({ items, steps: [stepOf("faces", true)] });
    expect(group!.first.map(({ id }) => id)).toEqual(["detector", "recogniser"]);
    expect(group!.others.map(({ id }) => id)).toEqual(["detector-large"]);
  });

  it("offers the open set where a step does not work yet, and such steps before the others", () => {
    const items = [
      modelOf("eyes", "object-detection", { isActive: true, state: "installed" }),
      modelOf("research", "clip", { sets: ["recommended"] }),
      modelOf("free", "clip", { sets: ["open"] }),
    ];
    const groups = groupModels({ items, steps: [stepOf("objects", true), stepOf("embeddings", false)] });
    expect(groups.map((group) => group.step.step)).toEqual(["embeddings", "objects"]);
    expect(groups[0]!.first.map(({ id }) => id)).toEqual(["free"]);
    expect(groups[0]!.others.map(({ id }) => id)).toEqual(["research"]);
  });

  it("leaves out models that are not here and cannot be had, and steps without models", () => {
    const items = [
      modelOf("gone", "clip", { canDownload: false }),
      modelOf("own", "clip", { canDownload: false, state: "installed" }),
      modelOf("half", "clip", { canDownload: false, state: "partial" }),
    ];
    const groups = groupModels({ items, steps: [stepOf("hash", true), stepOf("embeddings", true)] });
    expect(groups).toHaveLength(1);
    expect(groups[0]!.others.map(({ id }) => id)).toEqual(["own", "half"]);
  });
});
