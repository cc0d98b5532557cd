import { strings } from "../strings.ts";
import { useUndoKey } from "../people/decide.ts";
import { Backups } from "./backups.tsx";
import { Folders } from "./folders.tsx";
import { RemovedPhotos } from "./removed-photos.tsx";
import { Upkeep } from "./upkeep.tsx";

/** Where photos come from, and what keeps the library in order. */
export function SettingsPage() {
  useUndoKey();
  return (
    <main id="main" class="page settings-page">
      <header class="page-head">
        <h1>{strings.settings.title}</h1>
        <p class="quiet">{strings.settings.intro}</p>
      </header>
      <Folders />
      <Upkeep />
      <Backups />
      <RemovedPhotos />
    </main>
  );
}
