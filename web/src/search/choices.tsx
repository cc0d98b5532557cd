/** A list of values of which a press picks one. */
export function Choices(props: {
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
  readonly onPick: (value: string) => void;
}) {
  return (
    <ul class="menu">
      {props.options.map(([value, label]) => (
        <li key={value}>
          <button
            type="button"
            class="menu-item"
            aria-pressed={value === props.value}
            onClick={() => props.onPick(value)}
          >
            {label}
          </button>
        </li>
      ))}
    </ul>
  );
}
