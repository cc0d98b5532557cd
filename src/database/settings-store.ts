/** Settings kept with the library. Values are anything JSON can hold. */
export interface SettingsStore {
  /** Undefined when never set. The caller checks the shape. */
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}
