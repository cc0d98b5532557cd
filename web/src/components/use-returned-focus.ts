import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Gives the keyboard back, when the component goes away, to what had it before; unless something else took it. */
export function useReturnedFocus(): void {
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    before.current = document.activeElement;
  }, []);
  useEffect(
    () => () => {
      // What lay below is out of reach until the page was drawn without this component.
      requestAnimationFrame(() => {
        const isFree = document.activeElement === document.body || document.activeElement === null;
        if (isFree && before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
      });
    },
    [],
  );
}
