import { z } from "zod";

import { KeepsightError } from "../../core/errors.ts";
import type { OnnxValue } from "./encode-model.ts";
import { createGraphBuilder, type GraphBuilder } from "./graph-builder.ts";
import { GraphNode, unsupported } from "./graph-node.ts";
import { OPERATORS } from "./graph-operators.ts";
import { constantValue, type GraphValue, toPlain } from "./graph-value.ts";
import { readModelJson, readWeights, type Weight, WeightManifest } from "./read-weights.ts";

/**
 * TensorFlow.js graph models (`model.json` and its shards, as tensorflowjs_converter writes them) as ONNX models.
 *
 * - Only what the wanted outputs need is converted, each operation once and after its inputs. Cost: O(nodes + weights).
 * - A picture input [N, H, W, C] becomes [N, C, H, W], as runners give it; outputs stay as TensorFlow.js gives them.
 */

const TensorInfo = z.object({
  name: z.string(),
  dtype: z.string(),
  tensorShape: z.object({ dim: z.array(z.object({ size: z.union([z.string(), z.number()]) })) }),
});

const GraphModel = z.object({
  modelTopology: z.object({ node: z.array(GraphNode) }),
  weightsManifest: WeightManifest,
  signature: z.object({
    inputs: z.record(z.string(), TensorInfo),
    outputs: z.record(z.string(), TensorInfo),
  }),
});

/**
 * The .onnx file of the graph model at `path`, with the outputs of these names. Throws `model_invalid` when the model is
 * damaged, has no such output, or has an operation that is not translated.
 */
export async function convertGraphModel(path: string, outputNames: readonly string[]): Promise<Uint8Array> {
  const { modelTopology, weightsManifest, signature } = await readModelJson(path, GraphModel);
  const weights = await readWeights(weightsManifest, path);
  const builder = createGraphBuilder();
  const inputs = Object.values(signature.inputs).map(describeInput);
  const translate = createTranslator(builder, {
    nodes: new Map(modelTopology.node.map((node) => [node.name, node])),
    weights,
    inputs: new Map(inputs.map(({ value, layout }) => [value.name, { tensor: value.name, layout }])),
  });
  const outputs = outputNames.map((name) => {
    const info = signature.outputs[name];
    if (info === undefined) throw invalid(`${path} has no output "${name}"`);
    const { tensor } = toPlain(builder, translate(info.name));
    return { name, type: "float32" as const, dims: dimsOf(info), tensor };
  });
  return builder.finish({ inputs: inputs.map(({ value }) => value), outputs });
}

interface GraphParts {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly weights: ReadonlyMap<string, Weight>;
  readonly inputs: ReadonlyMap<string, GraphValue>;
}

/** The value of a reference such as `name` or `name:1`, translated with all it needs when it is first asked for. */
function createTranslator(
  builder: GraphBuilder,
  { nodes, weights, inputs }: GraphParts,
): (reference: string) => GraphValue {
  const done = new Map<string, readonly GraphValue[]>();
  const underWay = new Set<string>();

  function translateNode(name: string): readonly GraphValue[] {
    const given = inputs.get(name);
    if (given !== undefined) return [given];
    const node = nodes.get(name);
    if (node === undefined) throw invalid(`The model's operation "${name}" is missing`);
    if (underWay.has(name)) throw unsupported(node, "it is part of a loop");
    underWay.add(name);
    const outputs = translateOperation(node);
    underWay.delete(name);
    return outputs;
  }

  function translateOperation(node: GraphNode): readonly GraphValue[] {
    if (node.op === "Const") {
      const weight = weights.get(node.name);
      if (weight === undefined) throw invalid(`The weights of "${node.name}" are missing`);
      return [constantValue(builder, weight)];
    }
    const translateWith = OPERATORS[node.op];
    if (translateWith === undefined) throw unsupported(node, "it is not known here");
    // References with "^" only say what has to run before.
    const references = node.input.filter((reference) => !reference.startsWith("^"));
    return translateWith({ builder, node, inputs: references.map(valueOf) });
  }

  function valueOf(reference: string): GraphValue {
    const [name = "", index = "0"] = reference.split(":");
    const outputs = done.get(name) ?? translateNode(name);
    done.set(name, outputs);
    const value = outputs[Number(index)];
    if (value === undefined) throw invalid(`The model's operation "${name}" has no output ${index}`);
    return value;
  }

  return valueOf;
}

/** The input in ONNX; one with four axes is a picture. */
function describeInput(info: z.infer<typeof TensorInfo>): {
  readonly value: OnnxValue;
  readonly layout: GraphValue["layout"];
} {
  const [batch = 1, height = 1, width = 1, channels = 1, ...more] = dimsOf(info);
  const isPicture = more.length === 0 && info.tensorShape.dim.length === 4;
  const dims = isPicture ? [batch, channels, height, width] : dimsOf(info);
  return { value: { name: info.name, type: "float32", dims }, layout: isPicture ? "nchw" : "plain" };
}

/** Sizes of the axes; free ones (−1) get names. */
function dimsOf({ tensorShape }: z.infer<typeof TensorInfo>): (number | string)[] {
  return tensorShape.dim.map(({ size }, axis) => (Number(size) > 0 ? Number(size) : `axis${axis}`));
}

function invalid(what: string): KeepsightError {
  return new KeepsightError("model_invalid", `${what}. Install the packages again with "npm ci".`);
}
