import { KeepsightError } from "../../core/errors.ts";

/** UTF-16 code units that a name may have. */
const MAX_NAME_LENGTH = 255;

/** Control and invisible formatting characters other than the joiners that some scripts need. */
const UNWANTED = /[\p{Cc}\p{Cs}\p{Co}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * A name as it is kept: one Unicode form, no control characters, single spaces. Any script is welcome.
 *
 * @throws KeepsightError `bad_request` when nothing is left of it or it is too long.
 */
export function cleanPersonName(name: string): string {
  const cleaned = name.normalize("NFC").replace(UNWANTED, "").replace(/\s+/gu, " ").trim();
  if (!/[\p{L}\p{N}\p{S}\p{P}]/u.test(cleaned)) {
    throw new KeepsightError("bad_request", "A person's name must have at least one visible character.");
  }
  const { length } = cleaned;
  if (length <= MAX_NAME_LENGTH) return cleaned;
  throw new KeepsightError(
    "bad_request",
    `A person's name may have at most ${MAX_NAME_LENGTH} characters; this one has ${length}.`,
  );
}

/** What two names have in common that differ only by case or by the form in which their characters are written. */
export function toNameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}
