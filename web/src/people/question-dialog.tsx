import { Dialog } from "../components/dialog.tsx";
import { strings } from "../strings.ts";

/** Asks whether something is to be done. */
export function QuestionDialog(props: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={props.onClose}>
          {strings.common.cancel}
        </button>
        <button type="button" class="button is-primary" onClick={props.onConfirm}>
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
