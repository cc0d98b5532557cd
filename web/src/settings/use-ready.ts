import { useEffect } from "preact/hooks";
import type { Resource } from "../state/resource.ts";

/** What a section of the page of settings is given: it says when it has the height that it will keep. */
export interface SectionProps {
  readonly onReady: () => void;
}

/** Says so once what a section shows is there, or why it is not. */
export function useReady({ data, error }: Resource<unknown>, onReady: () => void): void {
  const isReady = data !== undefined || error !== undefined;
  useEffect(() => {
    if (isReady) onReady();
  }, [isReady]);
}
