import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BUNDLED_MODEL_DIRECTORY } from "../../test/bundled-models.ts";
import { hasShared, readSharedImage } from "../../test/shared-files.ts";
import { toWholePhoto } from "../../test/whole-photo.ts";
import { dotProduct } from "../math/vector.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore } from "../onnx/model-store.ts";
import { chooseModels } from "./choose-models.ts";
import { type LoadedRunners, loadRunners } from "./load-runners.ts";

const PHOTOS = "photos/people";

describe.skipIf(!hasShared("photos seen by the models that npm brings", PHOTOS))(
  "the models npm brings",
  () => {
    let runners: LoadedRunners;
    beforeAll(async () => {
      const store = createModelStore({
        catalog: loadCatalog(),
        modelDirectory: BUNDLED_MODEL_DIRECTORY,
        localDirectories: [],
        offline: true,
        fetch,
      });
      runners = loadRunners((await chooseModels(store)).models, { threads: 1 });
    });
    afterAll(() => runners.release());

    it("are used where there is nothing better", () => {
      expect(runners.vision.objects?.modelId).toBe("centernet-mobilenetv3");
      expect(runners.vision.faces?.modelId).toBe("face-api-ssd+dlib-face-resnet+faces-1");
    });

    it.each([
      ["six-faces.jpg", 6],
      ["couple.jpg", 2],
      ["selfie-many-people.jpg", 5],
    ])("find the faces in %s", async (name, count) => {
      const image = await readSharedImage(`${PHOTOS}/${name}`);
      const faces = await runners.vision.faces!.run(await toWholePhoto(image));
      expect(faces).toHaveLength(count);
      for (const { embedding, landmarks, normalizedBox } of faces) {
        expect(Math.hypot(...embedding!)).toBeCloseTo(1, 5);
        const [leftEye, rightEye, nose, , rightMouth] = landmarks!;
        expect(leftEye!.x).toBeLessThan(rightEye!.x);
        expect(nose!.y).toBeLessThan(rightMouth!.y);
        expect(nose!.x).toBeGreaterThan(normalizedBox.x);
        expect(nose!.x).toBeLessThan(normalizedBox.x + normalizedBox.width);
      }
    });

    it("find the bus and the people before it", async () => {
      const image = await readSharedImage("photos/scenes/bus.jpg");
      const labels = (await runners.vision.objects!.run(await toWholePhoto(image))).map(({ label }) => label);
      expect(labels).toContain("bus");
      expect(labels.filter((label) => label === "person").length).toBeGreaterThanOrEqual(3);
    });

    it("know a person again", async () => {
      const embed = async (file: string) => {
        const image = await readSharedImage(`${PHOTOS}/ten-identities/images/${file}`);
        return (await runners.vision.faces!.run(await toWholePhoto(image)))[0]!.embedding!;
      };
      const [blair, blairAgain, chavez] = await Promise.all([
        embed("Tony_Blair/Tony_Blair_0002.jpg"),
        embed("Tony_Blair/Tony_Blair_0003.jpg"),
        embed("Hugo_Chavez/Hugo_Chavez_0001.jpg"),
      ]);
      expect(dotProduct(blair, blairAgain)).toBeGreaterThan(0.92);
      expect(dotProduct(blair, chavez)).toBeLessThan(0.9);
    });
  },
);
