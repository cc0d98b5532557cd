/** How parameters follow their gradients. */
export type OptimizerOptions =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number }
  | { readonly kind: "adam"; readonly learningRate: number }
  /** Weight decay apart from the gradients (Loshchilov, Hutter, 2019). */
  | { readonly kind: "adamw"; readonly learningRate: number; readonly weightDecay: number };

/** What an optimiser remembers from step to step; together with the parameters it is all that resuming needs. */
export interface OptimizerState {
  step: number;
  /** Running means of the gradients (or the momentum), one array for each of the parameters. */
  readonly first: readonly Float64Array[];
  /** Running means of their squares; unused by sgd. */
  readonly second: readonly Float64Array[];
}

/** Of the paper (Kingma, Ba, "Adam", 2015). */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** An optimiser that has seen nothing yet. */
export function createOptimizerState(parameters: readonly Float64Array[]): OptimizerState {
  const zeros = () => parameters.map((values) => new Float64Array(values.length));
  return { step: 0, first: zeros(), second: zeros() };
}

/** Moves the parameters one step against their gradients, in place, and remembers. */
export function takeStep(
  parameters: readonly Float64Array[],
  gradients: readonly Float64Array[],
  state: OptimizerState,
  options: OptimizerOptions,
): void {
  state.step++;
  parameters.forEach((values, p) => {
    if (options.kind === "sgd") stepBySgd(values, gradients[p]!, state.first[p]!, options);
    else stepByAdam(values, gradients[p]!, state.first[p]!, state.second[p]!, state.step, options);
  });
}

function stepBySgd(
  values: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  { learningRate, momentum }: { learningRate: number; momentum: number },
): void {
  for (let k = 0; k < values.length; k++) {
    velocity[k] = momentum * velocity[k]! + gradient[k]!;
    values[k]! -= learningRate * velocity[k]!;
  }
}

function stepByAdam(
  values: Float64Array,
  gradient: Float64Array,
  first: Float64Array,
  second: Float64Array,
  step: number,
  options: Extract<OptimizerOptions, { kind: "adam" | "adamw" }>,
): void {
  const decay = options.kind === "adamw" ? options.learningRate * options.weightDecay : 0;
  const correction1 = 1 - BETA_1 ** step;
  const correction2 = 1 - BETA_2 ** step;
  for (let k = 0; k < values.length; k++) {
    first[k] = BETA_1 * first[k]! + (1 - BETA_1) * gradient[k]!;
    second[k] = BETA_2 * second[k]! + (1 - BETA_2) * gradient[k]! * gradient[k]!;
    const denominator = Math.sqrt(second[k]! / correction2) + EPSILON;
    values[k] = values[k]! * (1 - decay) - (options.learningRate * (first[k]! / correction1)) / denominator;
  }
}
