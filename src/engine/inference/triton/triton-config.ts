import type { TensorMetadata } from "../../../kserve/inference-service.ts";
import type { ModelSettings } from "../../../onnx/model-settings.ts";
import { type TextProtoMessage, writeTextProto } from "./text-proto.ts";
import { usualShape } from "./usual-shape.ts";

/** Rows in a batch at most: a photo has about as many faces or lines, and larger batches gain little on a GPU. */
const MAX_BATCH = 16;
const PREFERRED_BATCHES = [4, 8, 16];

/** How long a request waits for others to be run with, microseconds; a run of the smallest model takes about as long. */
const QUEUE_DELAY_US = 2000;

/** Room that TensorRT may take while it builds an engine, bytes. */
const WORKSPACE_BYTES = 2 * 1024 ** 3;

/** Where engines are kept between starts; building one takes minutes. */
const ENGINE_CACHE = "/var/cache/triton-engines";

export interface TritonModel {
  readonly name: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly settings: ModelSettings;
  /** Whether the first axis of all inputs and outputs is a batch whose rows do not depend on each other. */
  readonly isBatchable: boolean;
}

/**
 * The `config.pbtxt` of a network. TensorRT (half precision, engines cached) is asked for where only the batch may vary:
 * for every other free axis it would build an engine for each new size, which takes minutes, so those run on CUDA.
 */
export function writeTritonConfig(model: TritonModel): string {
  const { name, inputs, outputs, isBatchable } = model;
  const fields: TextProtoMessage = [
    ["name", name],
    ["platform", "onnxruntime_onnx"],
    ["max_batch_size", isBatchable ? MAX_BATCH : 0],
    ...inputs.map((tensor) => ["input", describeTensor(tensor, isBatchable)] as const),
    ...outputs.map((tensor) => ["output", describeTensor(tensor, isBatchable)] as const),
    ...(isBatchable ? [["dynamic_batching", dynamicBatching()] as const] : []),
    ["version_policy", [["latest", [["num_versions", 1]]]]],
    [
      "instance_group",
      [
        ["count", 1],
        ["kind", { word: "KIND_AUTO" }],
      ],
    ],
    ...(hasFixedSize(model) ? [["optimization", tensorRt(model)] as const] : []),
    ["model_warmup", warmUp(model)],
  ];
  return writeTextProto(fields);
}

function describeTensor({ name, datatype, shape }: TensorMetadata, isBatchable: boolean): TextProtoMessage {
  return [
    ["name", name],
    ["data_type", { word: `TYPE_${datatype}` }],
    ...dimsOf(isBatchable ? shape.slice(1) : shape),
  ];
}

/** Triton wants the batch left out of shapes where there is one. */
function dimsOf(shape: readonly number[]): TextProtoMessage {
  return shape.map((axis) => ["dims", axis]);
}

function dynamicBatching(): TextProtoMessage {
  return [
    ...PREFERRED_BATCHES.map((size) => ["preferred_batch_size", size] as const),
    ["max_queue_delay_microseconds", QUEUE_DELAY_US],
  ];
}

function hasFixedSize({ inputs, isBatchable }: TritonModel): boolean {
  return inputs.every(({ shape }) => !(isBatchable ? shape.slice(1) : shape).includes(-1));
}

function tensorRt({ name, inputs, isBatchable }: TritonModel): TextProtoMessage {
  const shapes = (rows: number) =>
    inputs.map((input) => `${input.name}:${[rows, ...input.shape.slice(1)].join("x")}`).join(",");
  // One engine for all batches instead of one for each size that comes.
  const profiles: readonly (readonly [string, string])[] = isBatchable
    ? [
        ["trt_profile_min_shapes", shapes(1)],
        ["trt_profile_opt_shapes", shapes(PREFERRED_BATCHES[0]!)],
        ["trt_profile_max_shapes", shapes(MAX_BATCH)],
      ]
    : [];
  const parameters: readonly (readonly [string, string])[] = [
    ["precision_mode", "FP16"],
    ["max_workspace_size_bytes", String(WORKSPACE_BYTES)],
    ["trt_engine_cache_enable", "1"],
    ["trt_engine_cache_path", `${ENGINE_CACHE}/${name}`],
    ...profiles,
  ];
  const accelerator: TextProtoMessage = [
    ["name", "tensorrt"],
    ...parameters.map(
      ([key, value]) =>
        [
          "parameters",
          [
            ["key", key],
            ["value", value],
          ],
        ] as const,
    ),
  ];
  return [["execution_accelerators", [["gpu_execution_accelerator", accelerator]]]];
}

/** One run with an empty input of real shape before the model counts as ready. */
function warmUp({ inputs, settings, isBatchable }: TritonModel): TextProtoMessage {
  return [
    ["name", "an input of the usual size"],
    ["batch_size", 1],
    ...inputs.map((input) => {
      const shape = usualShape(input.shape, settings);
      const value: TextProtoMessage = [
        ["data_type", { word: `TYPE_${input.datatype}` }],
        ...dimsOf(isBatchable ? shape.slice(1) : shape),
        ["zero_data", true],
      ];
      return [
        "inputs",
        [
          ["key", input.name],
          ["value", value],
        ],
      ] as const;
    }),
  ];
}
