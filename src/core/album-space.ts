/** What auto-albums are made of: whole photos, the boxes of people and of vehicles in them, or faces. */
export const ALBUM_SPACES = ["photos", "people", "vehicles", "faces"] as const;
export type AlbumSpace = (typeof ALBUM_SPACES)[number];

/** Labels of objects whose boxes make up a space, in the words of COCO. */
export const BOX_LABELS: Readonly<Record<"people" | "vehicles", readonly string[]>> = {
  people: ["person"],
  vehicles: ["bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"],
};
