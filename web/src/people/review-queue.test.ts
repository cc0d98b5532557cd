import { describe, expect, it } from "vitest";
import type { PeopleSuggestion } from "../../../src/api/people.ts";
import { createReviewQueue } from "./review-queue.ts";

const question = (clusterId: string, faceCount = 3): PeopleSuggestion => ({
  kind: "cluster-is-person",
  persons: [{ id: "p", name: "Ada", coverFaceId: 1 }],
  clusterId,
  faceIds: [],
  sampleFaceIds: [],
  faceCount,
  score: 0.5,
});

/** A queue of a server whose questions can be changed. */
function ask(...clusterIds: string[]) {
  const server = { questions: clusterIds.map((id) => question(id)) };
  const queue = createReviewQueue(async () => server.questions);
  const asked = () => queue.state.value.questions.map(({ clusterId }) => clusterId);
  return { server, queue, asked };
}

describe("createReviewQueue", () => {
  it("asks one after the other and counts the answers", async () => {
    const { queue, asked } = ask("a", "b", "c");
    await queue.refill();
    expect(asked()).toEqual(["a", "b", "c"]);
    queue.answer([1]);
    queue.skip();
    expect(asked()).toEqual(["c"]);
    expect(queue.state.value).toMatchObject({ answered: 1, skipped: 1, isLoaded: true });
  });

  it("does not ask again what was answered or skipped, though the server still has it", async () => {
    const { queue, asked } = ask("a", "b", "c");
    await queue.refill();
    queue.answer([1]);
    queue.skip();
    await queue.refill();
    expect(asked()).toEqual(["c"]);
  });

  it("keeps the question that is looked at, and drops waiting ones that an answer settled", async () => {
    const { server, queue, asked } = ask("a", "b", "c");
    await queue.refill();
    server.questions = [question("d"), question("c", 9)];
    await queue.refill();
    expect(asked()).toEqual(["a", "c", "d"]);
    expect(queue.state.value.questions[1]!.faceCount).toBe(9);
  });

  it("takes the last answer back and asks it again", async () => {
    const { queue, asked } = ask("a", "b");
    await queue.refill();
    queue.answer([4, 5]);
    queue.skip();
    expect(queue.back()).toEqual([]);
    expect(queue.back()).toEqual([4, 5]);
    expect(queue.back()).toBeUndefined();
    expect(asked().slice(0, 2)).toEqual(["a", "b"]);
    expect(queue.state.value).toMatchObject({ answered: 0, skipped: 0 });
  });

  it("asks skipped questions again on demand", async () => {
    const { queue, asked } = ask("a");
    await queue.refill();
    queue.skip();
    expect(asked()).toEqual([]);
    await queue.askSkipped();
    expect(asked()).toEqual(["a"]);
  });
});
