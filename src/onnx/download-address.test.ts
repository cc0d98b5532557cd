import { describe, expect, it } from "vitest";

import { toDownloadAddress } from "./download-address.ts";

const ON_HUB = "https://huggingface.co/org/repo/resolve/main/model.onnx?download=1";
const ELSEWHERE = "https://github.com/org/repo/releases/download/v1/model.onnx";
const TOKEN = { token: "hf_secret" };

describe("toDownloadAddress", () => {
  it("leaves addresses as they are when nothing is set", () => {
    expect(toDownloadAddress(ON_HUB, {})).toEqual({ url: ON_HUB, headers: {} });
    expect(toDownloadAddress(ELSEWHERE, {})).toEqual({ url: ELSEWHERE, headers: {} });
  });

  it("puts the endpoint in the place of the hub alone", () => {
    const huggingFace = { endpoint: "https://hub.example.org/hf/" };
    expect(toDownloadAddress(ON_HUB, { huggingFace }).url).toBe(
      "https://hub.example.org/hf/org/repo/resolve/main/model.onnx?download=1",
    );
    expect(toDownloadAddress(ELSEWHERE, { huggingFace }).url).toBe(ELSEWHERE);
  });

  it("gives the token to the hub or its endpoint, and to nobody else", () => {
    const headers = { authorization: "Bearer hf_secret" };
    expect(toDownloadAddress(ON_HUB, { huggingFace: TOKEN }).headers).toEqual(headers);
    const huggingFace = { ...TOKEN, endpoint: "https://hub.example.org" };
    expect(toDownloadAddress(ON_HUB, { huggingFace }).headers).toEqual(headers);
    expect(toDownloadAddress(ELSEWHERE, { huggingFace }).headers).toEqual({});
    const lookalike = "https://huggingface.co.example.org/org/model.onnx";
    expect(toDownloadAddress(lookalike, { huggingFace }).headers).toEqual({});
    const mirror = "https://models.example.org";
    expect(toDownloadAddress(ON_HUB, { mirror, huggingFace }).headers).toEqual({});
  });
});
