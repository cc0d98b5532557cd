import { useRef } from "preact/hooks";
import { AddFolderForm } from "../components/add-folder-form.tsx";
import { Icon } from "../components/icon.tsx";
import { queues } from "../state/events.ts";
import { readProgress } from "../state/progress.ts";
import { uploadFiles } from "../state/uploads.ts";
import { strings } from "../strings.ts";

/** What an empty library shows: how to fill it. */
export function WelcomePage() {
  const input = useRef<HTMLInputElement>(null);
  const isImporting = readProgress(queues.value) !== undefined;
  return (
    <main id="main" class="welcome">
      <div class="welcome-hero">
        <h1>{strings.welcome.title}</h1>
        <p>{strings.welcome.intro}</p>
      </div>
      {isImporting && (
        <div class="welcome-scanning" role="status">
          <span class="spinner" aria-hidden="true" />
          <div>
            <strong>{strings.welcome.scanning}</strong>
            <p class="quiet">{strings.welcome.scanningNote}</p>
          </div>
        </div>
      )}
      <div class="welcome-ways">
        <section class="card">
          <h2>{strings.welcome.folderTitle}</h2>
          <AddFolderForm />
        </section>
        <section class="card welcome-drop">
          <Icon name="upload" size={32} />
          <h2>{strings.welcome.dropTitle}</h2>
          <p class="quiet">{strings.welcome.dropNote}</p>
          <button type="button" class="button" onClick={() => input.current?.click()}>
            {strings.welcome.chooseFiles}
          </button>
          <input
            ref={input}
            class="visually-hidden"
            type="file"
            multiple
            tabIndex={-1}
            aria-label={strings.welcome.chooseFiles}
            accept="image/*,.heic,.heif,.dng,.cr2,.cr3,.nef,.arw,.raf,.orf,.rw2"
            onChange={(event) => {
              void uploadFiles([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
        </section>
      </div>
    </main>
  );
}
