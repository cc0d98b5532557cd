import {
  encodeModel,
  type OnnxAttribute,
  type OnnxConstant,
  type OnnxNode,
  type OnnxValue,
} from "./encode-model.ts";

/** Puts a network together, operation by operation; tensors are passed on by their names. */
export interface GraphBuilder {
  /** The name of a tensor with these numbers, row-major. */
  constant(dims: readonly number[], data: OnnxConstant["data"]): string;
  /** The name of the only output of a new operation. */
  node(operator: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string;
  /** The names of the `count` outputs of a new operation. */
  nodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string[];
  /** The bytes of the .onnx file, without constants nobody uses; outputs get the names they have in `outputs`. */
  finish(options: {
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly (OnnxValue & { readonly tensor: string })[];
  }): Uint8Array;
}

/** A builder of an empty network. Names are counted, so the same calls always give the same bytes. */
export function createGraphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  let tensorCount = 0;

  function addNode(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: OnnxNode["attributes"] = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => `t${tensorCount++}`);
    nodes.push({ operator, inputs, outputs, attributes });
    return outputs;
  }

  return {
    constant(dims, data) {
      const name = `c${constants.length}`;
      constants.push({ name, dims, data });
      return name;
    },
    node: (operator, inputs, attributes) => addNode(operator, inputs, 1, attributes)[0]!,
    nodes: addNode,
    finish({ inputs, outputs }) {
      const renamed = outputs.map(({ tensor, name }): OnnxNode => {
        return { operator: "Identity", inputs: [tensor], outputs: [name], attributes: {} };
      });
      const used = new Set(nodes.flatMap((node) => node.inputs));
      return encodeModel({
        inputs,
        outputs,
        nodes: [...nodes, ...renamed],
        constants: constants.filter(({ name }) => used.has(name)),
      });
    },
  };
}
