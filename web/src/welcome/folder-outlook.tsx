import { useEffect, useState } from "preact/hooks";
import type { CountedPhotos, MachineSpeed } from "../../../src/api/machine.ts";
import { get } from "../api-client.ts";
import { formatBytes, formatLongDuration } from "../format.ts";
import { strings } from "../strings.ts";

/** Counting begins when a path has not changed for so long. */
const REST_MS = 700;

/** How many photos a folder holds and how long they will take, in words; nothing while the path is no folder. */
export function FolderOutlook({ path }: { readonly path: string }) {
  const [counted, setCounted] = useState<CountedPhotos | "counting">();
  const [speed, setSpeed] = useState<number | null>();
  useEffect(() => {
    setCounted(undefined);
    setSpeed(undefined);
    if (!/^(\/|[a-z]:\\)/i.test(path)) return undefined;
    const controller = new AbortController();
    const ask = <T,>(about: string) =>
      get<T>(`/machine/${about}?path=${encodeURIComponent(path)}`, controller.signal);
    const look = async () => {
      setCounted("counting");
      const found = await ask<CountedPhotos>("photos");
      setCounted(found);
      if (found.photos > 0) setSpeed((await ask<MachineSpeed>("speed")).photosPerSecond);
    };
    // What is no folder says nothing here: adding it says why.
    const timer = setTimeout(() => void look().catch(() => setCounted(undefined)), REST_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [path]);
  return (
    <p class="folder-outlook" role="status">
      {counted === "counting" ? strings.outlook.counting : counted && wordsOf(counted, speed)}
    </p>
  );
}

function wordsOf({ photos, byteSize, isWhole }: CountedPhotos, speed: number | null | undefined) {
  const { outlook } = strings;
  if (photos === 0) return outlook.none;
  const found = isWhole ? outlook.found(photos, formatBytes(byteSize)) : outlook.foundSoFar(photos);
  if (speed === null) return <strong>{found}</strong>;
  if (speed === undefined)
    return (
      <>
        <strong>{found}</strong> <span class="quiet">{outlook.measuring}</span>
      </>
    );
  const duration = formatLongDuration(photos / speed);
  return (
    <>
      <strong>
        {found}: {isWhole ? outlook.takes(duration) : outlook.takesMore(duration)}
      </strong>{" "}
      <span class="quiet">{outlook.meanwhile}</span>
    </>
  );
}
