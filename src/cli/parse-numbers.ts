import { InvalidArgumentError } from "commander";

/** Options as numbers; what is none is refused with what is allowed. */

export function parseWhole(least: number, most: number) {
  return (value: string): number => {
    const number = Number(value);
    if (value.trim() !== "" && Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
}

export function parseFraction(least: number, most: number) {
  return (value: string): number => {
    const number = Number(value);
    if (value.trim() !== "" && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`expected a number from ${least} to ${most}.`);
  };
}
