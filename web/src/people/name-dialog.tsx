import { Dialog } from "../components/dialog.tsx";
import { NameField, type Named } from "./name-field.tsx";

/** Asks who somebody is. */
export function NameDialog(props: {
  readonly title: string;
  readonly hint?: string;
  readonly exceptIds?: readonly string[];
  readonly onName: (named: Named) => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={props.title} class="name-dialog" onClose={props.onClose}>
      {props.hint && <p class="quiet">{props.hint}</p>}
      <NameField
        label={props.title}
        hasFocus
        {...(props.exceptIds && { exceptIds: props.exceptIds })}
        onName={props.onName}
        onCancel={props.onClose}
      />
    </Dialog>
  );
}
