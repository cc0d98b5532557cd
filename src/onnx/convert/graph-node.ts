import { z } from "zod";

import { KeepsightError } from "../../core/errors.ts";

/**
 * One operation of a TensorFlow.js graph model: a TensorFlow `NodeDef` in the JSON form of protobuf, where whole numbers
 * of 64 bits are texts and bytes are base64.
 */

const WholeNumber = z.union([z.string().regex(/^-?\d+$/), z.number().int()]);

const Attribute = z.object({
  b: z.boolean().optional(),
  i: WholeNumber.optional(),
  f: z.number().optional(),
  s: z.string().optional(),
  type: z.string().optional(),
  list: z.object({ i: z.array(WholeNumber).optional(), s: z.array(z.string()).optional() }).optional(),
});

export const GraphNode = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), Attribute).default({}),
});
export type GraphNode = z.infer<typeof GraphNode>;

/** The truth value of an attribute, false where it is not set. */
export function readFlag({ attr }: GraphNode, name: string): boolean {
  return attr[name]?.b ?? false;
}

/** The whole number of an attribute, 0 where it is not set. */
export function readInteger({ attr }: GraphNode, name: string): number {
  return Number(attr[name]?.i ?? 0);
}

/** The number of an attribute, 0 where it is not set. */
export function readFloat({ attr }: GraphNode, name: string): number {
  return attr[name]?.f ?? 0;
}

/** The text of an attribute, empty where it is not set. */
export function readText({ attr }: GraphNode, name: string): string {
  return decodeText(attr[name]?.s ?? "");
}

/** The name of the type in an attribute, as in `DT_FLOAT`. */
export function readType({ attr }: GraphNode, name: string): string {
  return attr[name]?.type ?? "";
}

/** The whole numbers of an attribute, none where it is not set. */
export function readIntegers({ attr }: GraphNode, name: string): number[] {
  return (attr[name]?.list?.i ?? []).map(Number);
}

/** The texts of an attribute, none where it is not set. */
export function readTexts({ attr }: GraphNode, name: string): string[] {
  return (attr[name]?.list?.s ?? []).map(decodeText);
}

/** The error of an operation that is not translated. */
export function unsupported({ name, op }: GraphNode, why: string): KeepsightError {
  return new KeepsightError(
    "model_invalid",
    `The operation "${name}" (${op}) of the model cannot be converted: ${why}.`,
  );
}

function decodeText(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}
