/** The languages in which names of countries are understood: those that most libraries are searched in. */
const LANGUAGES = [
  "en",
  "de",
  "fr",
  "es",
  "it",
  "pt",
  "nl",
  "sv",
  "pl",
  "cs",
  "ru",
  "uk",
  "tr",
  "ja",
  "zh",
  "ko",
] as const;

const displays = new Map<string, Intl.DisplayNames>();

function displayOf(language: string): Intl.DisplayNames {
  const known = displays.get(language);
  if (known !== undefined) return known;
  const display = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  displays.set(language, display);
  return display;
}

const namesOf = new Map<string, readonly string[]>();

/** The name of a country in one language, the code itself where it has none. `code` is ISO 3166-1 alpha-2. */
export function countryName(code: string, language = "en"): string {
  return /^[A-Z]{2}$/.test(code) ? (displayOf(language).of(code) ?? code) : code;
}

/** The different names of a country in all languages that are understood, English first (from Unicode CLDR, by Intl). */
export function countryNames(code: string): readonly string[] {
  const known = namesOf.get(code);
  if (known !== undefined) return known;
  const names = [...new Set(LANGUAGES.map((language) => countryName(code, language)))];
  namesOf.set(code, names);
  return names;
}

/** Every code that Intl has an English name for. */
function allCodes(): readonly string[] {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));
  return letters.flatMap((first) => letters.map((second) => first + second)).filter(isCountry);
}

/** False for former codes and aliases (SU, UK) too: Intl takes them for others. */
function isCountry(code: string): boolean {
  const isNamed = displayOf("en").of(code) !== undefined && !NO_COUNTRIES.has(code);
  return isNamed && new Intl.Locale(`und-${code}`).region === code;
}

/** Regions that are no country: the European Union, the euro zone, the United Nations, outlying Oceania, unknown, tests. */
const NO_COUNTRIES: ReadonlySet<string> = new Set(["EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"]);

/** What names are compared by: compatibility forms unified, without case and diacritics. */
const toKey = (name: string) =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s'’.-]+/gu, " ")
    .trim();

let codesByName: ReadonlyMap<string, string> | undefined;

/** Names that people use and CLDR does not give. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  usa: "US",
  "u s a": "US",
  america: "US",
  uk: "GB",
  "great britain": "GB",
  england: "GB",
  scotland: "GB",
  wales: "GB",
  holland: "NL",
  "czech republic": "CZ",
};

/** The code of the country with this name in a language that is understood, or with this code in capitals. */
export function countryCodeOf(name: string): string | undefined {
  codesByName ??= new Map([
    ...allCodes().flatMap((code) => countryNames(code).map((text) => [toKey(text), code] as const)),
    ...Object.entries(SHORT_NAMES),
  ]);
  const trimmed = name.trim();
  const byCode = /^[A-Z]{2}$/.test(trimmed) && isCountry(trimmed) ? trimmed : undefined;
  return byCode ?? codesByName.get(toKey(trimmed));
}
