import { describe, expect, it } from "vitest";
import { countryCodeOf, countryName, countryNames } from "./country-names.ts";

describe("names of countries", () => {
  it("are known in many languages", () => {
    expect(countryNames("IT")).toEqual(
      expect.arrayContaining(["Italy", "Italien", "Italie", "Italia", "意大利"]),
    );
    expect(countryName("DE", "fr")).toBe("Allemagne");
  });

  it("stay codes where nobody has a name", () => {
    expect(countryName("QX")).toBe("QX");
    expect(countryName("nonsense")).toBe("nonsense");
  });

  it("give the code, whatever their case, accents and language", () => {
    for (const [name, code] of [
      ["italy", "IT"],
      ["ITALIEN", "IT"],
      ["Espana", "ES"],
      ["España", "ES"],
      ["Côte d’Ivoire", "CI"],
      ["日本", "JP"],
      ["USA", "US"],
      ["England", "GB"],
      ["FR", "FR"],
      ["UK", "GB"],
      ["United Kingdom", "GB"],
    ])
      expect(countryCodeOf(name!), name).toBe(code);
  });

  it("are not made up", () => {
    for (const name of ["", "fr", "Atlantis", "EU", "QX", "x".repeat(5000)])
      expect(countryCodeOf(name), name).toBeUndefined();
  });
});
