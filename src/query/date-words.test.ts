import { beforeAll, describe, expect, it } from "vitest";
import { DATE_LANGUAGES, type FindDates, loadDateWords } from "./date-words.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
let find: FindDates;
beforeAll(async () => {
  find = await loadDateWords(DATE_LANGUAGES);
});

const found = (text: string) =>
  find(text, NOW).map(({ start, end, from, to }) => `${text.slice(start, end)} = ${from}..${to}`);

describe("dates in words", () => {
  for (const [text, ...dates] of [
    ["at the beach last summer", "last summer = 2026-06-01..2026-08-31"],
    ["summer 2022", "summer 2022 = 2022-06-01..2022-08-31"],
    ["in the winter of 2020", "in the winter of 2020 = 2020-12-01..2021-02-28"],
    ["receipts from March 2023 in Rome", "from March 2023 = 2023-03-01..2023-03-31"],
    ["in May", "in May = 2026-05-01..2026-05-31"],
    ["in December", "in December = 2025-12-01..2025-12-31"],
    ["last year", "last year = 2025-01-01..2025-12-31"],
    ["this year", "this year = 2026-01-01..2026-12-31"],
    ["party in 2019", "in 2019 = 2019-01-01..2019-12-31"],
    ["yesterday", "yesterday = 2026-11-19..2026-11-19"],
    ["last Friday", "last Friday = 2026-11-13..2026-11-13"],
    ["3 years ago", "3 years ago = 2023-01-01..2023-12-31"],
    ["June to August 2020", "June to August 2020 = 2020-06-01..2020-08-31"],
    ["24/12/2019", "24/12/2019 = 2019-12-24..2019-12-24"],
    ["2023-04", "2023-04 = 2023-04-01..2023-04-30"],
    ["on 2023-04-05", "on 2023-04-05 = 2023-04-05..2023-04-05"],
    ["Quittungen vom März 2023", "vom März 2023 = 2023-03-01..2023-03-31"],
    ["letzten Sommer am Strand", "letzten Sommer = 2026-06-01..2026-08-31"],
    ["gestern", "gestern = 2026-11-19..2026-11-19"],
    ["l'été dernier", "l'été dernier = 2026-06-01..2026-08-31"],
    ["plage en juillet 2021", "en juillet 2021 = 2021-07-01..2021-07-31"],
    ["verano de 2019", "verano de 2019 = 2019-06-01..2019-08-31"],
    ["praia em julho de 2021", "em julho de 2021 = 2021-07-01..2021-07-31"],
    ["плаж летом 2021", "летом 2021 = 2021-06-01..2021-08-31"],
    ["2021年7月の写真", "2021年7月 = 2021-07-01..2021-07-31"],
  ] as const)
    it(`are found: ${text}`, () => expect(found(text)).toEqual(dates));

  it("are not seen in ordinary words and numbers", () => {
    for (const text of [
      "sun on the beach",
      "may in the park",
      "march to the sea",
      "second photo now",
      "total 12:30",
      "5 total 17.99",
      "spring",
      "IMG 20230405",
      "in 2031",
      "photo 3",
      "",
    ])
      expect(found(text), text).toEqual([]);
  });
});
