/** What the models of a task are for, in the order of every list. */
export const TASK_NAMES: Readonly<Record<string, string>> = {
  clip: "Search by meaning",
  "image-tagging": "Tags",
  "object-detection": "Objects",
  "face-detection": "Faces: finding them",
  "face-recognition": "Faces: telling them apart",
  "text-detection": "Text: finding lines",
  "text-recognition": "Text: reading them",
  "text-orientation": "Text: upside-down lines",
};
