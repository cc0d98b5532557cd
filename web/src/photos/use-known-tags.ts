import { useEffect, useState } from "preact/hooks";
import { api } from "../api-client.ts";

/** As long as the server takes a tag, UTF-16 code units. */
export const MAX_TAG_LENGTH = 100;

/** Tags of the library that begin like the text. */
export function useKnownTags(text: string): readonly string[] {
  const [tags, setTags] = useState<readonly string[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    api.suggest(text.trim(), ["tag"], 8, controller.signal).then(
      ({ items }) => setTags(items.map(({ value }) => value)),
      // Without completion a tag can still be typed.
      () => undefined,
    );
    return () => controller.abort();
  }, [text]);
  return tags;
}
