import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";
import { useReturnedFocus } from "./use-returned-focus.ts";

/** A modal dialog; the browser keeps the keyboard inside and Escape closes. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useReturnedFocus();
  useEffect(() => {
    element.current?.showModal();
    // The browser would give the keyboard to the button that closes. What is asked for comes before the button below it.
    (element.current?.querySelector<HTMLElement>("input.field, .is-primary") ?? element.current)?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      tabIndex={-1}
      class={`dialog ${props.class ?? ""}`}
      aria-label={props.title}
      onClose={props.onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === element.current && props.onClose()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{props.title}</h2>
          <button type="button" class="icon-button" aria-label={strings.common.close} onClick={props.onClose}>
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
