import { strings } from "../strings.ts";

/** Stands where a page will be; the wheel appears only after a moment, since most pages are there before it. */
export function PageLoading() {
  return (
    <div class="page-loading" role="status" aria-label={strings.common.loading}>
      <span class="spinner" />
    </div>
  );
}
