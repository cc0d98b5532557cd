import { hasShared, readSharedJson } from "../../test/shared-files.ts";
import type { TruthBox } from "./coco.ts";

/** The sample scenes with their labelled objects, in COCO's form (`instances_val2017.json`). */
export interface Scenes {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly annotations: readonly {
    image_id: number;
    category_id: number;
    bbox: [number, number, number, number];
    iscrowd: 0 | 1;
  }[];
  readonly categories: readonly { id: number; name: string }[];
}

/** Object detectors that can be had here; those without a file arrive with npm. */
export const LOCAL_DETECTORS: readonly { readonly id: string; readonly file?: string }[] = [
  { id: "yolox-nano", file: "yolox_nano.onnx" },
  { id: "yolov8n-int8", file: "yolov8n_int8.onnx" },
  { id: "centernet-mobilenetv3" },
];

/** The scenes; `undefined`, with a line that says so, where they or the detectors' weights are not here. */
export function readScenes(purpose: string): Scenes | undefined {
  if (!hasShared(purpose, "photos/scenes/instances_val2017.json", "models/object-detection"))
    return undefined;
  return readSharedJson<Scenes>("photos/scenes/instances_val2017.json");
}

/** Categories carry the detector's labels by position: six names differ between editions of COCO. */
export function readTruth(scenes: Scenes, labels: readonly string[]): TruthBox[] {
  const position = new Map(scenes.categories.map((category, i) => [category.id, i]));
  return scenes.annotations.map(({ image_id: photo, category_id: category, bbox, iscrowd }) => {
    const [x, y, width, height] = bbox;
    const label = labels[position.get(category)!]!;
    return { photo, label, box: { x, y, width, height }, isCrowd: iscrowd === 1 };
  });
}
