import { describe, expect, it } from "vitest";
import { settleZeros } from "./settle-zeros.ts";

const CHARACTERS = ["", "0", "O", "F", "D", "1", " "];

/** What becomes of a line whose "0"s and "O"s have their twin with this probability. */
function settle(line: string, twin: number): string {
  const probabilities = new Float32Array(line.length * CHARACTERS.length);
  const seen = Array.from(line, (character, step) => {
    const isZero = character === "0";
    if (isZero || character === "O") probabilities[step * CHARACTERS.length + (isZero ? 2 : 1)] = twin;
    return { character, probability: 0.9, step, spaceBefore: 0 };
  });
  return settleZeros(seen, probabilities, CHARACTERS)
    .map(({ character }) => character)
    .join("");
}

describe("settleZeros", () => {
  it("reads zeros between letters as O and Os between digits as zeros", () => {
    expect(settle("1 F00D", 0.05)).toBe("1 FOOD");
    expect(settle("F0OD", 0.05)).toBe("FOOD");
    expect(settle("1O1", 0.05)).toBe("101");
  });

  it("leaves what the model is sure of", () => {
    expect(settle("F00D", 0.001)).toBe("F00D");
  });

  it("leaves what stands at an end, or between a letter and a digit", () => {
    for (const line of ["00", "0D", "D0 D", "DO1", "10"]) expect(settle(line, 0.4)).toBe(line);
  });
});
