/** How a server of models is reached. */
export interface ClientOptions {
  /** `http://`, `https://`, `grpc://` or `grpcs://` (gRPC over TLS) with host and port. */
  readonly url: string;
  /** Sent with each request: a bearer token, or what a gateway in front of the server wants. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
  /** Longest wait for a connection, milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longer answers are refused before they are held, bytes. */
  readonly maxResponseBytes: number;
}
