import { useState } from "preact/hooks";
import { strings } from "../strings.ts";
import { useUndoKey } from "../people/decide.ts";
import { Backups } from "./backups.tsx";
import { Folders } from "./folders.tsx";
import { RemovedPhotos } from "./removed-photos.tsx";
import { Upkeep } from "./upkeep.tsx";

const SECTIONS = [Folders, Upkeep, Backups, RemovedPhotos];

/** Where photos come from, and what keeps the library in order. */
export function SettingsPage() {
  const [ready, setReady] = useState<ReadonlySet<number>>(new Set());
  useUndoKey();
  return (
    <main id="main" class="page settings-page">
      <header class="page-head">
        <h1>{strings.settings.title}</h1>
        <p class="quiet">{strings.settings.intro}</p>
      </header>
      {SECTIONS.map((Section, index) => (
        // All are fetched at once, and each is shown when those above it have their height: nothing moves.
        <div key={index} hidden={SECTIONS.slice(0, index).some((_, above) => !ready.has(above))}>
          <Section onReady={() => setReady((before) => new Set(before).add(index))} />
        </div>
      ))}
    </main>
  );
}
