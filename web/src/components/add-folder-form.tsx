import { useState } from "preact/hooks";
import { api } from "../api-client.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";

/** A form that adds a folder of the server's machine to the library. */
export function AddFolderForm() {
  const [path, setPath] = useState("");
  const [isSending, setSending] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (path.trim() === "") return;
    setSending(true);
    const worked = await attempt(() => api.addFolder(path.trim()), strings.welcome.added);
    setSending(false);
    if (worked) setPath("");
  };
  return (
    <form class="add-folder" onSubmit={(event) => void submit(event)}>
      <label for="folder-path">{strings.welcome.folderLabel}</label>
      <div class="add-folder-row">
        <input
          id="folder-path"
          class="field"
          type="text"
          dir="ltr"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder={strings.welcome.folderPlaceholder}
          value={path}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
        <button type="submit" class="button is-primary" disabled={isSending || path.trim() === ""}>
          <Icon name="folder" />
          {strings.welcome.folderButton}
        </button>
      </div>
      <p class="quiet">{strings.welcome.folderNote}</p>
    </form>
  );
}
