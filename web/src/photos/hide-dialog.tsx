import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";

/** Asks before photos disappear. */
export function HideDialog(props: {
  readonly count: number;
  readonly onHide: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={strings.selection.hideTitle(props.count)} onClose={props.onClose}>
      <p>{strings.selection.hideExplained}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={props.onClose}>
          {strings.common.cancel}
        </button>
        <button type="button" class="button is-primary" onClick={props.onHide}>
          {strings.selection.hide}
        </button>
      </div>
    </Dialog>
  );
}
