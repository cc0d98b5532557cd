import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";

describe("readConfig", () => {
  it("needs nothing set", () => {
    const config = readConfig({ XDG_DATA_HOME: "/data" });
    expect(config.dataDirectory).toBe("/data/keepsight");
    expect(config.host).toBe("127.0.0.1");
    expect(config.analysers.count).toBeGreaterThan(0);
  });

  it("reports every problem at once, with the variable's name", () => {
    const read = () =>
      readConfig({
        KEEPSIGHT_PORT: "ninety",
        KEEPSIGHT_OFFLINE: "maybe",
        KEEPSIGHT_THUMBNAIL_SIZE: "1",
        KEEPSIGHT_TYPO: "x",
        KEEPSIGHT_HOST: "0.0.0.0",
      });
    for (const name of [
      "KEEPSIGHT_PORT",
      "KEEPSIGHT_OFFLINE",
      "KEEPSIGHT_THUMBNAIL_SIZE",
      "KEEPSIGHT_TYPO",
      "KEEPSIGHT_PASSWORD",
    ]) {
      expect(read).toThrow(name);
    }
  });

  it("listens beyond this computer only with a password or a key", () => {
    expect(() => readConfig({ KEEPSIGHT_HOST: "0.0.0.0" })).toThrow("KEEPSIGHT_PASSWORD");
    expect(readConfig({ KEEPSIGHT_HOST: "0.0.0.0", KEEPSIGHT_PASSWORD: "long enough" }).host).toBe("0.0.0.0");
  });

  it.each(["127.0.0.1.example.org", "127.example"])(
    "takes no name for this computer because of how it begins: %s",
    (host) => {
      expect(() => readConfig({ KEEPSIGHT_HOST: host })).toThrow("KEEPSIGHT_PASSWORD");
    },
  );

  it("understands 0 and 1 for every switch", () => {
    const { isWatching, models } = readConfig({ KEEPSIGHT_WATCH: "0", KEEPSIGHT_OFFLINE: "1" });
    expect([isWatching, models.isOffline]).toEqual([false, true]);
  });

  it("takes what Hugging Face's own tools are told, and checks it", () => {
    const env = { HF_ENDPOINT: "https://hub.example.org/hf", HF_TOKEN: "hf_secret", HF_HOME: "/elsewhere" };
    expect(readConfig(env).models.huggingFace).toEqual({
      endpoint: "https://hub.example.org/hf",
      token: "hf_secret",
    });
    expect(() => readConfig({ HF_ENDPOINT: "hub" })).toThrow("HF_ENDPOINT");
  });

  it("treats empty variables as unset and splits lists of folders", () => {
    const config = readConfig({ KEEPSIGHT_PORT: "", KEEPSIGHT_FOLDERS: "/a:/b" });
    expect(config.port).toBe(4280);
    expect(config.folders).toEqual(["/a", "/b"]);
  });

  it("refuses a database that this version cannot use", () => {
    expect(() => readConfig({ KEEPSIGHT_DATABASE_URL: "postgres://localhost/x" })).toThrow("PostgreSQL");
  });

  it("knows no inference server unless one is named, and sends it the key as a token", () => {
    expect(readConfig({}).inference).toBeUndefined();
    const { inference } = readConfig({
      KEEPSIGHT_INFERENCE_URL: "grpc://gpu:8001",
      KEEPSIGHT_INFERENCE_MODELS: "yolox-s, mobileclip-s2",
      KEEPSIGHT_INFERENCE_API_KEY: "secret",
      KEEPSIGHT_INFERENCE_HEADERS: "X-Tenant: photos; x-trace: a:b",
    });
    expect(inference).toMatchObject({
      url: "grpc://gpu:8001",
      modelIds: ["yolox-s", "mobileclip-s2"],
      headers: { authorization: "Bearer secret", "x-tenant": "photos", "x-trace": "a:b" },
      isFallingBack: false,
    });
  });

  it.each([
    ["KEEPSIGHT_INFERENCE_URL", "gpu:8000"],
    ["KEEPSIGHT_INFERENCE_URL", "ftp://gpu"],
    ["KEEPSIGHT_INFERENCE_URL", "grpc://gpu"],
    ["KEEPSIGHT_INFERENCE_HEADERS", "no colon"],
    ["KEEPSIGHT_INFERENCE_HEADERS", "a: b\r\nc: d"],
    ["KEEPSIGHT_INFERENCE_FALLBACK", "cloud"],
  ])("refuses %s=%j", (variable, value) => {
    expect(() => readConfig({ [variable]: value })).toThrow(variable);
  });
});
