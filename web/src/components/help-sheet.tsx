import { isHelpOpen } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";
import { Dialog } from "./dialog.tsx";

const { keys } = strings.help;

const GROUPS: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [readonly string[], string])[];
}[] = [
  {
    title: strings.help.anywhere,
    keys: [
      [["/", "Ctrl K"], keys.search],
      [["?"], keys.help],
      [["Esc"], keys.close],
    ],
  },
  {
    title: strings.help.grids,
    keys: [
      [["←", "→", "↑", "↓"], keys.move],
      [["Page ↑", "Page ↓"], keys.page],
      [["Home", "End"], keys.ends],
      [["Enter"], keys.open],
      [["Space"], keys.choose],
      [["Shift ←", "→", "↑", "↓"], keys.chooseRange],
      [["+", "−", "0"], keys.gridZoom],
    ],
  },
  {
    title: strings.help.viewer,
    keys: [
      [["←", "→"], keys.previousNext],
      [["+", "−", "0"], keys.zoom],
      [["i"], keys.info],
      [["f"], keys.faces],
      [["o"], keys.objects],
      [["t"], keys.text],
      [["Ctrl A"], keys.allText],
      [["n"], keys.addFace],
      [["s"], keys.searchPart],
      [["m"], keys.more],
      [["l"], keys.favourite],
      [["1", "…", "5"], keys.stars],
      [["d"], keys.download],
      [["Del"], keys.hide],
    ],
  },
  {
    title: strings.help.people,
    keys: [
      [["Space"], keys.select],
      [["Shift ←", "→", "↑", "↓"], keys.selectRange],
      [["Ctrl Z"], keys.undo],
    ],
  },
  {
    title: strings.help.review,
    keys: [
      [["Y"], keys.yes],
      [["N"], keys.no],
      [["S", "→"], keys.skip],
      [["U"], keys.undoAnswer],
      [["Esc"], keys.leave],
    ],
  },
];

/** The sheet of keyboard shortcuts. */
export function HelpSheet() {
  if (!isHelpOpen.value) return null;
  return (
    <Dialog title={strings.help.title} class="help-sheet" onClose={() => (isHelpOpen.value = false)}>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl class="key-list">
              {group.keys.map(([names, meaning]) => (
                <div key={meaning}>
                  <dt>
                    {names.map((name) => (
                      <kbd key={name}>{name}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
