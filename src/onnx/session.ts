/** A tensor as it goes into and comes out of a model, row-major. */
export interface Tensor {
  readonly type: "float32" | "int32" | "int64" | "uint8" | "float16";
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;
  readonly dims: readonly number[];
}

/** A loaded model that can be run, wherever it runs. */
export interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Declared shape of each input, by name; −1 where an axis is dynamic. Absent where the runtime does not tell. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Declared type of each input, by name, as {@link Tensor} names it. Absent where the runtime does not tell. */
  readonly inputTypes?: Readonly<Record<string, string>>;
  /** Runs the model once. `feeds` has every input by name; the answer has every output by name. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /** Frees the native memory; the session cannot be used afterwards. */
  release(): Promise<void>;
}
