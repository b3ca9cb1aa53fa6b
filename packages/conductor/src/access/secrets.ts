import { createHash, randomBytes, randomInt } from "node:crypto";

/** Without letters and digits that are mistaken for others. */
const CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_GROUPS = 4;
const GROUP = 4;

/** A code that a person types once, 80 random bits: `7QK2-M0XD-9F4T-ZB3W`. */
export const drawCode = (): string =>
  Array.from({ length: CODE_GROUPS }, () =>
    Array.from({ length: GROUP }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join(""),
  ).join("-");

/** A secret that a program shows, 256 random bits. What it begins with is how one is found in a log or a repository. */
export const drawToken = (): string => `baton_${randomBytes(32).toString("base64url")}`;

/** A short name for something that is no secret. */
export const drawId = (kind: string): string => `${kind}-${randomBytes(6).toString("hex")}`;

/** SHA-256 in hex: all that is kept of a secret. It is long and random, so that nothing slower is called for. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** A code's hash, however it was typed: small letters, blanks, without dashes, with O for 0 and I or L for 1. */
export const codeHash = (typed: string): string =>
  secretHash(
    typed
      .toUpperCase()
      .replaceAll(/[^0-9A-Z]/g, "")
      .replaceAll("O", "0")
      .replaceAll(/[IL]/g, "1"),
  );
