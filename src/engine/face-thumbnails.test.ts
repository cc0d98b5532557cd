import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestLibrary, type TestLibrary } from "../../test/api/open-test-library.ts";
import { hasShared, sharedPath } from "../../test/shared-files.ts";

const PHOTO = "photos/people/couple.jpg";
const isHere = hasShared("thumbnails of real faces", PHOTO);

describe.skipIf(!isHere)("thumbnails of faces", () => {
  let test: TestLibrary;
  let faceIds: readonly number[];
  beforeAll(async () => {
    test = await openTestLibrary({ files: { "couple.jpg": readFileSync(sharedPath(PHOTO)) } });
    faceIds = await facesOfPhoto();
  });
  afterAll(() => test.close());

  async function facesOfPhoto(): Promise<number[]> {
    const { faces } = await test.library.photos.getDetails(test.idOf("couple.jpg"));
    return faces.map(({ id }) => id);
  }
  const fetchThumbnail = (faceId: number) => fetch(`${test.url}/api/v1/faces/${faceId}/thumbnail`);
  const pathOf = async (faceId: number) => (await test.library.faceThumbnails.locate(faceId)).path;

  it("are made by the analyser and served", async () => {
    expect(faceIds).toHaveLength(2);
    const { photo, path } = await test.library.faceThumbnails.locate(faceIds[0]!);
    expect(photo.fileName).toBe("couple.jpg");
    expect(readdirSync(dirname(path)).filter((name) => name.includes("-face-"))).toHaveLength(2);
    for (const faceId of faceIds) {
      const answer = await fetchThumbnail(faceId);
      expect(answer.headers.get("content-type")).toBe("image/jpeg");
      const { width, height, format } = await sharp(await answer.bytes()).metadata();
      expect({ width, height, format }).toEqual({ width: 160, height: 160, format: "jpeg" });
    }
  });

  it("are made of the preview where there is none yet, many at once", async () => {
    const paths = await Promise.all(faceIds.map(pathOf));
    for (const path of paths) rmSync(path);
    const answers = await Promise.all([...faceIds, ...faceIds].map(fetchThumbnail));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
  });

  it("go when the photo no longer has that face", async () => {
    const [path] = await Promise.all(faceIds.map(pathOf));
    const former = join(dirname(path!), `${test.idOf("couple.jpg")}-1-face-1-2-3-4.jpg`);
    await sharp(path!).toFile(former);
    await test.library.photos.reprocess(test.idOf("couple.jpg"), ["faces"]);
    await test.library.runner.whenIdle();
    expect(existsSync(former)).toBe(false);
    expect(existsSync(path!)).toBe(true);
  });

  it("are not found for a face that there is not", async () => {
    expect((await fetchThumbnail(999_999)).status).toBe(404);
    expect((await fetchThumbnail(0)).status).toBe(400);
    await test.library.photos.hide(test.idOf("couple.jpg"), "test");
    expect((await fetchThumbnail(faceIds[0]!)).status).toBe(404);
  });
});
