/**
 * Protocol buffers as text, the format of Triton's `config.pbtxt`: fields in order, nested messages in braces, a list as
 * the same field several times.
 */

/** A value of a field; a bare word, such as an enum's, is an object with `word`. */
export type TextProtoValue = string | number | boolean | { readonly word: string } | TextProtoMessage;

/** Fields in their order. */
export type TextProtoMessage = readonly (readonly [name: string, value: TextProtoValue])[];

const INDENT = "  ";

/** The text of a message, one field a line. */
export function writeTextProto(message: TextProtoMessage, indent = ""): string {
  return message.map(([name, value]) => `${indent}${name}${writeValue(value, indent)}\n`).join("");
}

function writeValue(value: TextProtoValue, indent: string): string {
  if (typeof value === "string") return `: ${quote(value)}`;
  if (typeof value !== "object") return `: ${value}`;
  if ("word" in value) return `: ${value.word}`;
  return ` {\n${writeTextProto(value, indent + INDENT)}${indent}}`;
}

/** Everything beyond printable ASCII as octal bytes, which every reader of the format knows. */
function quote(text: string): string {
  const bytes = [...Buffer.from(text, "utf8")].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") return `\\${character}`;
    return byte >= 32 && byte < 127 ? character : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${bytes.join("")}"`;
}
