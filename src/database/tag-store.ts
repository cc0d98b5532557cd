/** A tag and on how many photos in sight it is. */
export interface TagCount {
  readonly id: number;
  readonly name: string;
  readonly photos: number;
}

/** A named set of tags. */
export interface Category {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
  /** Photos in sight that have one of the tags. */
  readonly photos: number;
}

/** Tags, object labels and categories, for lists and completion. */
export interface TagStore {
  /** Tags that are on photos, most frequent first. */
  list(page: { readonly limit: number; readonly offset: number }): Promise<readonly TagCount[]>;
  /** Tags whose name, or a word of it, starts like `prefix` (case does not matter), most frequent first. */
  suggest(prefix: string, limit: number): Promise<readonly TagCount[]>;
  categories(): Promise<readonly Category[]>;
  /** Object labels and on how many photos in sight they are, most frequent first. */
  objectLabels(): Promise<readonly { label: string; photos: number }[]>;
  /** Names of people marked in photos that start like `prefix`, most frequent first. */
  suggestPersons(prefix: string, limit: number): Promise<readonly { name: string; photos: number }[]>;
}
