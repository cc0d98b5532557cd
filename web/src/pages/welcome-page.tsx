import { AddFolderForm } from "../components/add-folder-form.tsx";
import { ChooseFiles } from "../components/choose-files.tsx";
import { Icon } from "../components/icon.tsx";
import { formatLongDuration } from "../format.ts";
import { queues } from "../state/events.ts";
import { readProgress } from "../state/progress.ts";
import { strings } from "../strings.ts";
import { MachineCard } from "../welcome/machine-card.tsx";

/** What an empty library shows: how to fill it. */
export function WelcomePage() {
  const progress = readProgress(queues.value);
  return (
    <main id="main" class="welcome">
      <div class="welcome-hero">
        <h1>{strings.welcome.title}</h1>
        <p>{strings.welcome.intro}</p>
      </div>
      {progress && (
        <div class="welcome-scanning" role="status">
          <span class="spinner" aria-hidden="true" />
          <div>
            <strong>{strings.welcome.scanning}</strong>
            <p class="quiet">
              {progress.total > 0 && `${strings.jobs.progress(progress.done, progress.total)} · `}
              {progress.etaSeconds
                ? strings.welcome.left(formatLongDuration(progress.etaSeconds))
                : strings.welcome.scanningNote}
            </p>
          </div>
        </div>
      )}
      <div class="welcome-ways">
        <section class="card">
          <h2>{strings.add.folderTitle}</h2>
          <AddFolderForm />
        </section>
        <section class="card welcome-drop">
          <Icon name="upload" size={32} />
          <h2>{strings.welcome.dropTitle}</h2>
          <p class="quiet">{strings.add.filesNote}</p>
          <ChooseFiles />
        </section>
      </div>
      <MachineCard />
    </main>
  );
}
