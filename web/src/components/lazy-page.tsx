import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { strings } from "../strings.ts";
import { FailureNote } from "./failure-note.tsx";
import { PageLoading } from "./page-loading.tsx";
import { toApiError } from "../state/resource.ts";

/**
 * A component whose code is fetched when it is first drawn, so that the first view stays small. Until then the page says
 * that it loads; when its code cannot be fetched, why, and a way to try again. `preload` fetches it before.
 */
export function lazyPage<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> & { readonly preload: () => void } {
  let loaded: ComponentType<Props> | undefined;
  const keep = (component: ComponentType<Props>) => (loaded = component);
  function LazyPage(props: Props) {
    const [Page, setPage] = useState<ComponentType<Props> | undefined>(() => loaded);
    const [error, setError] = useState<unknown>();
    const fetchCode = () => {
      setError(undefined);
      load().then((component) => {
        keep(component);
        setPage(() => component);
      }, setError);
    };
    useEffect(() => {
      if (!Page) fetchCode();
    }, []);
    if (Page) return <Page {...props} />;
    if (error === undefined) return <PageLoading />;
    return (
      <main id="main">
        <h1 class="visually-hidden">{strings.common.failed}</h1>
        <FailureNote error={toApiError(error)} onRetry={fetchCode} />
      </main>
    );
  }
  // A failure is told when the page is really asked for.
  return Object.assign(LazyPage, { preload: () => void load().then(keep, () => undefined) });
}
