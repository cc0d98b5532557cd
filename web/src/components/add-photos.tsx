import { useState } from "preact/hooks";
import { strings } from "../strings.ts";
import { AddFolderForm } from "./add-folder-form.tsx";
import { ChooseFiles } from "./choose-files.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";

/** The header's button for more photos, and the dialog it opens: a folder of the server, or files of this device. */
export function AddPhotos() {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        title={strings.add.title}
        aria-label={strings.add.title}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name="plus" />
      </button>
      {isOpen && (
        <Dialog title={strings.add.title} onClose={close}>
          <AddFolderForm onAdded={close} />
          <section class="add-files">
            <h3>{strings.add.filesTitle}</h3>
            <p class="quiet">{strings.add.filesNote}</p>
            <ChooseFiles onChosen={close} />
          </section>
        </Dialog>
      )}
    </>
  );
}
