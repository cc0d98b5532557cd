import type { FileBytes } from "./file-bytes.ts";

/**
 * Walks the fields of a protobuf message in a file without reading what it passes over
 * (https://protobuf.dev/programming-guides/encoding): of a tensor of 100 MB only the dozen bytes in front of it are read.
 */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A varint has at most ten bytes, and a field begins with at most two of them. */
const LONGEST_HEAD = 20;
const WINDOW_BYTES = 1 << 16;

/** A part of a file, byte offsets. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One field of a message, and where it lies in the file. */
export interface MessageField {
  readonly field: number;
  /** The number of a varint field, as a signed 64-bit integer; absent in others. */
  readonly value: number | undefined;
  /** What the field holds, without its tag and length. */
  readonly content: ByteRange;
  /** All of the field. */
  readonly whole: ByteRange;
}

/** Reads the fields of messages in a file. */
export interface FieldReader {
  /** The fields of the message in `range`, in the order of the file. Throws a RangeError on what is no message. */
  fields(range: ByteRange): Generator<MessageField, void, undefined>;
  /** The text in `range`. */
  text(range: ByteRange): string;
  /** The 32-bit float in `range`. */
  float(range: ByteRange): number;
  /** The whole numbers packed into `range`. */
  integers(range: ByteRange): number[];
}

/** A reader with a small window on the file: messages that lie side by side cost one read. */
export function createFieldReader(file: FileBytes): FieldReader {
  let window: Uint8Array = new Uint8Array();
  let windowStart = 0;

  /** The byte at `at`, of a head of at most {@link LONGEST_HEAD} bytes that begins there or before. */
  function byteAt(at: number): number {
    const isInside = at >= windowStart && at < windowStart + window.byteLength;
    if (!isInside) {
      window = file.read(at, Math.min(WINDOW_BYTES, file.byteLength - at));
      windowStart = at;
    }
    const byte = window[at - windowStart];
    if (byte === undefined) throw new RangeError("a protobuf message ends within a number");
    return byte;
  }

  function varint(start: number): { value: number; end: number } {
    let value = 0n;
    for (let i = 0; i < LONGEST_HEAD / 2; i++) {
      const byte = byteAt(start + i);
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return { value: Number(BigInt.asIntN(64, value)), end: start + i + 1 };
    }
    throw new RangeError("a protobuf number has more than ten bytes");
  }

  function fieldAt(start: number): MessageField {
    const tag = varint(start);
    const field = Math.floor(tag.value / 8);
    const at = (contentStart: number, byteLength: number, value?: number): MessageField => {
      const end = contentStart + byteLength;
      return { field, value, content: { start: contentStart, end }, whole: { start, end } };
    };
    switch (tag.value % 8) {
      case VARINT: {
        const { value, end } = varint(tag.end);
        return at(tag.end, end - tag.end, value);
      }
      case FIXED_64:
        return at(tag.end, 8);
      case FIXED_32:
        return at(tag.end, 4);
      case LENGTH_DELIMITED: {
        const length = varint(tag.end);
        return at(length.end, length.value);
      }
      default:
        throw new RangeError(`a protobuf field has the unknown wire type ${tag.value % 8}`);
    }
  }

  return {
    *fields({ start, end }) {
      for (let at = start; at < end;) {
        const field = fieldAt(at);
        if (field.field <= 0 || field.whole.end > end || field.whole.end <= at)
          throw new RangeError("a protobuf field ends behind its message");
        yield field;
        at = field.whole.end;
      }
    },
    text: ({ start, end }) => new TextDecoder().decode(file.read(start, end - start)),
    float: ({ start }) => new DataView(file.read(start, 4).buffer).getFloat32(0, true),
    integers({ start, end }) {
      const values: number[] = [];
      for (let at = start; at < end;) {
        const { value, end: next } = varint(at);
        values.push(value);
        at = next;
      }
      return values;
    },
  };
}
