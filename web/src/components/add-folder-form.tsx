import { useState } from "preact/hooks";
import { api } from "../api-client.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { FolderBrowser } from "../welcome/folder-browser.tsx";
import { FolderOutlook } from "../welcome/folder-outlook.tsx";
import { Icon } from "./icon.tsx";

/** A form that adds a folder of the server's machine to the library. */
export function AddFolderForm({ onAdded }: { readonly onAdded?: () => void }) {
  const [path, setPath] = useState("");
  const [isSending, setSending] = useState(false);
  const [isBrowsing, setBrowsing] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (path.trim() === "") return;
    setSending(true);
    const worked = await attempt(() => api.addFolder(path.trim()), strings.add.added);
    setSending(false);
    if (!worked) return;
    setPath("");
    setBrowsing(false);
    onAdded?.();
  };
  return (
    <form class="add-folder" onSubmit={(event) => void submit(event)}>
      <label for="folder-path">{strings.add.folderLabel}</label>
      <div class="add-folder-row">
        <input
          id="folder-path"
          class="field"
          type="text"
          dir="ltr"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder={strings.add.folderPlaceholder}
          value={path}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
        <button
          type="button"
          class="button"
          aria-expanded={isBrowsing}
          onClick={() => setBrowsing(!isBrowsing)}
        >
          {strings.browse.open}
        </button>
      </div>
      {isBrowsing && <FolderBrowser path={path.trim()} onPath={setPath} />}
      <FolderOutlook path={path.trim()} />
      <button type="submit" class="button is-primary" disabled={isSending || path.trim() === ""}>
        <Icon name="folder" />
        {strings.add.folderButton}
      </button>
      <p class="quiet">{strings.add.folderNote}</p>
    </form>
  );
}
