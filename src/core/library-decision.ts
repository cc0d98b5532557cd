/** What a human can say of photos; null takes a value back to what the file says. */
export interface PhotoChanges {
  /** 0 to 5. */
  readonly rating?: number | null;
  readonly isFavourite?: boolean;
  readonly title?: string | null;
  readonly description?: string | null;
  /** Out of sight; the file stays. Only taking the decision back shows them again. */
  readonly isHidden?: true;
  readonly addTags?: readonly string[];
  /** Also tags that a model or the file put there: they stay away when the photo is analysed again. */
  readonly removeTags?: readonly string[];
}

/** What a human can say of an album. */
export interface AlbumChanges {
  /** Null gives an auto-album its automatic title back. */
  readonly title?: string | null;
  readonly description?: string | null;
  readonly coverPhotoId?: number | null;
}

/** What a human can say of a category; `tags` are all it is to have. */
export interface CategoryChanges {
  readonly name?: string;
  readonly description?: string | null;
  readonly tags?: readonly string[];
}

/**
 * What a human can decide about photos, albums and categories. Everything that carrying it out needs is in it, so that the
 * decisions alone, in their order, make the same again.
 */
export type LibraryDecision =
  | {
      readonly kind: "photo.update";
      readonly photoIds: readonly number[];
      readonly changes: PhotoChanges;
    }
  | { readonly kind: "photo.tag"; readonly photoId: number; readonly tags: readonly string[] }
  | {
      readonly kind: "album.create";
      readonly albumId: string;
      readonly title: string;
      readonly description?: string;
      readonly photoIds: readonly number[];
    }
  | { readonly kind: "album.update"; readonly albumId: string; readonly changes: AlbumChanges }
  | { readonly kind: "album.add"; readonly albumId: string; readonly photoIds: readonly number[] }
  | { readonly kind: "album.remove"; readonly albumId: string; readonly photoIds: readonly number[] }
  | { readonly kind: "album.delete"; readonly albumId: string }
  | {
      readonly kind: "category.create";
      readonly categoryId: number;
      readonly name: string;
      readonly description?: string;
      readonly tags: readonly string[];
    }
  | { readonly kind: "category.update"; readonly categoryId: number; readonly changes: CategoryChanges }
  | { readonly kind: "category.delete"; readonly categoryId: number };

/** The kinds of {@link LibraryDecision}. */
export const LIBRARY_KINDS = /^(photo\.(update|tag)|album\.\w+|category\.\w+)$/;
