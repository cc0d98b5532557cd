import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";

/** Asks whether a photo is to leave the library, and says that its file stays. */
export function HideQuestion(props: {
  readonly fileName: string;
  readonly onCancel: () => void;
  readonly onHide: () => void;
}) {
  return (
    <Dialog title={strings.photo.hideQuestion} onClose={props.onCancel}>
      <p>{strings.photo.hideExplained(props.fileName)}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={props.onCancel}>
          {strings.common.cancel}
        </button>
        <button type="button" class="button is-primary" onClick={props.onHide}>
          {strings.photo.hide}
        </button>
      </div>
    </Dialog>
  );
}
