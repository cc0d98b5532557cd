/** Requests that a served test library answers well, one for each operation of its API. */
import { drawPhoto } from "./open-test-library.ts";

/** One request of the API. */
export interface Call {
  /** Below the server's address, with real values for path parameters. */
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly form?: FormData;
  readonly headers?: Record<string, string>;
}

/** By method and path: the status that is answered, and the request. */
export type GoodCalls = Readonly<Record<string, readonly [status: number, request: Call]>>;

/** A form with a photo of one colour as each of the parts. */
export async function toForm(colour: string, ...names: string[]): Promise<FormData> {
  const form = new FormData();
  for (const name of names.length === 0 ? ["file"] : names)
    form.append(name, new Blob([new Uint8Array(await drawPhoto(colour))]), "uploaded.jpg");
  return form;
}
