import { strings } from "../strings.ts";

/** Shown where no page is. */
export function NotFoundPage() {
  return (
    <main id="main" class="page empty-state">
      <h1>{strings.notFound.title}</h1>
      <p>{strings.notFound.hint}</p>
      <a class="button" href="/">
        {strings.notFound.back}
      </a>
    </main>
  );
}
