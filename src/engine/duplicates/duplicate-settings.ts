import type { KeeperRules } from "../../core/duplicates.ts";
import type { SettingsStore } from "../../database/settings-store.ts";
import { COPY_LIMITS } from "../../duplicate/copy-index.ts";
import { DEFAULT_KEEPER_RULES } from "./choose-keeper.ts";

/** How duplicates are looked for, and which of them is the best. */
export interface DuplicateSettings {
  readonly keeper: KeeperRules;
  /** Bits of 256 in which the hashes of copies may differ. */
  readonly copyDistance: number;
  /** Quality of both hashes from which on they count, 0–100. */
  readonly minHashQuality: number;
  readonly detectNearDuplicates: boolean;
  /** Cosine similarity. */
  readonly nearDuplicateThreshold: number;
  readonly detectBursts: boolean;
}

/** What can be changed of them; of the keeper rules too field by field. */
export type DuplicateSettingsChange = Partial<Omit<DuplicateSettings, "keeper">> & {
  readonly keeper?: Partial<KeeperRules>;
};

export const DEFAULT_DUPLICATE_SETTINGS: DuplicateSettings = {
  keeper: DEFAULT_KEEPER_RULES,
  copyDistance: COPY_LIMITS.maxDistance,
  minHashQuality: COPY_LIMITS.minQuality,
  detectNearDuplicates: true,
  nearDuplicateThreshold: 0.99,
  detectBursts: true,
};

const SETTING = "duplicates";

/** The settings as they are stored, in memory once read. */
export function createDuplicateSettings(store: SettingsStore) {
  let current = DEFAULT_DUPLICATE_SETTINGS;
  return {
    current: () => current,
    async load(): Promise<void> {
      current = merge(
        DEFAULT_DUPLICATE_SETTINGS,
        ((await store.get(SETTING)) ?? {}) as DuplicateSettingsChange,
      );
    },
    async change(change: DuplicateSettingsChange): Promise<DuplicateSettings> {
      const changed = merge(current, change);
      await store.set(SETTING, changed);
      return (current = changed);
    },
  };
}

function merge(
  settings: DuplicateSettings,
  { keeper, ...change }: DuplicateSettingsChange,
): DuplicateSettings {
  return { ...settings, ...change, keeper: { ...settings.keeper, ...keeper } };
}
