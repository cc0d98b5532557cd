import { InvalidArgumentError } from "commander";

/** Options that take some of a few words; what is none of them is refused with what is allowed. */

export function parseOneOf<Choice extends string>(choices: readonly Choice[]) {
  return (value: string): Choice => {
    const choice = choices.find((known) => known === value.trim());
    if (choice !== undefined) return choice;
    throw new InvalidArgumentError(`expected one of ${choices.join(", ")}.`);
  };
}

/** Several of them, separated by commas. */
export function parseListOf<Choice extends string>(choices: readonly Choice[]) {
  return (value: string): readonly Choice[] =>
    value.split(",").map((name) => {
      const choice = choices.find((known) => known === name.trim());
      if (choice !== undefined) return choice;
      throw new InvalidArgumentError(`expected some of ${choices.join(", ")}, separated by commas.`);
    });
}
