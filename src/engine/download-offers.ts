import type { ModelSummary } from "./installed-models.ts";

/** What one model of a set would do here. */
export interface OfferedModel {
  readonly id: string;
  readonly task: string;
  /** Bytes to download. */
  readonly byteSize: number;
  readonly licence: string;
  /** Whether its licence restricts use, such as to research. */
  readonly isRestricted: boolean;
  /** Something new, something better than what is used now, or nothing, because what is used now is preferred. */
  readonly effect: "adds" | "replaces" | "unused";
  /** The model that its task runs with now; null where it does not run. */
  readonly inUse: string | null;
}

/** What the download of one set of models would bring. */
export interface DownloadOffer {
  readonly set: string;
  /** Bytes to download. */
  readonly byteSize: number;
  /** Whether some of its licences have to be agreed to. */
  readonly needsConsent: boolean;
  readonly models: readonly OfferedModel[];
}

/** What each set of models that is not wholly here would bring; sets that anybody may use come first. */
export function listOffers(models: readonly ModelSummary[]): DownloadOffer[] {
  const sets = new Set(models.flatMap((model) => model.sets));
  const offers = [...sets].flatMap((set) => {
    const missing = models.filter((model) => model.sets.includes(set) && model.canDownload);
    const offered = missing.map((model) => toOffered(model, models));
    if (!offered.some(({ effect }) => effect !== "unused")) return [];
    return [
      {
        set,
        byteSize: offered.reduce((sum, { byteSize }) => sum + byteSize, 0),
        needsConsent: offered.some(({ isRestricted }) => isRestricted),
        models: offered,
      },
    ];
  });
  return offers.toSorted((a, b) => Number(a.needsConsent) - Number(b.needsConsent));
}

function toOffered(model: ModelSummary, models: readonly ModelSummary[]): OfferedModel {
  const current = models.find(({ task, isActive }) => task === model.task && isActive);
  const isBetter = current === undefined || model.preference > current.preference;
  return {
    id: model.id,
    task: model.task,
    byteSize: model.missingByteSize,
    licence: model.licence.name,
    isRestricted: !model.licence.commercial,
    effect: !isBetter ? "unused" : current === undefined ? "adds" : "replaces",
    inUse: current?.id ?? null,
  };
}
