import { describe, expect, test } from "vitest";
import { withoutCommands } from "./without-commands.ts";

describe("withoutCommands", () => {
  test.each([
    ["None is installed; `keepsight models list` shows what can be added.", "None is installed."],
    ["None yet: `keepsight models list` shows which can be. Faces work.", "None yet. Faces work."],
    ["None is installed. `keepsight models list` shows what can be added.", "None is installed."],
    ["`camra` is no operator: write `camera:Nikon`.", "`camra` is no operator: write `camera:Nikon`."],
  ])("“%s” becomes “%s”", (said, shown) => {
    expect(withoutCommands(said)).toBe(shown);
  });
});
