import { useEffect, useState } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { previewUrl } from "../api-client.ts";
import { photoSequence } from "../state/photo-sequence.ts";

/** The photos before and after, with their previews on the way. */
export function useNeighbours(photoId: number): {
  readonly previous?: PhotoSummary;
  readonly next?: PhotoSummary;
} {
  const [neighbours, setNeighbours] = useState<{
    readonly previous?: PhotoSummary;
    readonly next?: PhotoSummary;
  }>({});
  const sequence = photoSequence.value;
  useEffect(() => {
    let isCurrent = true;
    const find = async () => {
      const [previous, next] = await Promise.all([
        sequence?.neighbour(photoId, -1),
        sequence?.neighbour(photoId, 1),
      ]).catch(() => []);
      if (!isCurrent) return;
      setNeighbours({ ...(previous && { previous }), ...(next && { next }) });
      for (const photo of [next, previous]) {
        if (photo && photo.status !== "failed") new Image().src = previewUrl(photo);
      }
    };
    setNeighbours({});
    void find();
    return () => {
      isCurrent = false;
    };
  }, [photoId, sequence]);
  return neighbours;
}
