import { setFlagsFromString } from "node:v8";
import { useSingleImageThread } from "../../image/decode.ts";

/**
 * How far the heap may grow between two full collections, percent. It stays at 15 MB; what makes V8 collect is the 60 MB of
 * pixels and tensors that each photo leaves behind, by default two times a photo (8 of 400 ms), with this once in four
 * photos. 800 collects no less often and takes 20 MB more.
 */
const HEAP_GROWING_PERCENT = 300;

/** Fits this process for work on one photo after the other: one thread for images, rare full collections. */
export function tuneProcess(): void {
  useSingleImageThread();
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
}
