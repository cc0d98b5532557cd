import { useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api-client.ts";
import { strings } from "../strings.ts";
import { reconnects } from "./events.ts";

/** Something that is fetched: what is known so far, and how the last try went. */
export interface Resource<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** Any failure as an {@link ApiError}. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "unexpected", error instanceof Error ? error.message : strings.common.failed);
}

/**
 * Fetches on mount, whenever `key` changes, on `reload()`, and after the connection came back. Data of the same key stays
 * visible during a reload; an answer that was overtaken is dropped.
 */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: ApiError; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const [generation, setGeneration] = useState(0);
  const latestLoad = useRef(load);
  latestLoad.current = load;
  const reload = useCallback(() => setGeneration((value) => value + 1), []);

  const seenReconnects = useRef(reconnects.peek());
  useSignalEffect(() => {
    if (reconnects.value === seenReconnects.current) return;
    seenReconnects.current = reconnects.value;
    reload();
  });

  useEffect(() => {
    const controller = new AbortController();
    setState((old) => (old.key === key ? { ...old, isLoading: true } : { key, isLoading: true }));
    latestLoad.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data, isLoading: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const failure = toApiError(error);
        setState((old) => ({ ...old, key, error: failure, isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [key, generation]);

  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: !isCurrent || state.isLoading,
    reload,
  };
}
