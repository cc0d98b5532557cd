import { KeepsightError } from "../core/errors.ts";

/**
 * The server could not be reached, broke off, or said that it is too busy: the same request may be sent again at once,
 * since a run of a model changes nothing. A server that takes too long is not of this kind, as asking again costs as long.
 */
export class UnreachableError extends KeepsightError {
  constructor(message: string, options?: ErrorOptions) {
    super("unavailable", message, options);
    this.name = "UnreachableError";
  }
}
