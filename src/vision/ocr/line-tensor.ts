import type { RasterImage } from "../../core/raster-image.ts";
import { resize } from "../../image/resize.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { PixelSettings } from "../../onnx/model-settings.ts";
import type { Tensor } from "../../onnx/session.ts";

/** The line scaled to `height`, its proportions kept but for `stretch`, at most `maxWidth` wide. */
export function scaleLine(line: RasterImage, height: number, maxWidth: number, stretch = 1): RasterImage {
  const width = Math.min(maxWidth, Math.max(1, Math.ceil((height * line.width * stretch) / line.height)));
  return resize(line, { width, height }, "bilinear");
}

/** Lines of equal height as one tensor [N, 3, height, width], each padded with zeros on the right. */
export function toLineBatch(lines: readonly RasterImage[], width: number, pixels: PixelSettings): Tensor {
  const height = lines[0]!.height;
  const data = new Float32Array(lines.length * 3 * height * width);
  for (const [index, line] of lines.entries()) {
    const values = toPixelValues(line, pixels);
    for (let row = 0; row < 3 * height; row++) {
      const start = row * line.width;
      data.set(values.subarray(start, start + line.width), (index * 3 * height + row) * width);
    }
  }
  return { type: "float32", data, dims: [lines.length, 3, height, width] };
}
