import type { VerifySignature } from "../audit/statement.ts";
import type { Result } from "../problem.ts";

/** Holds the key that vouches for a journal. The key is never in the journal's database. */
export interface SignerPort {
  /** SHA-256 of the public key: its SPKI in DER, as 64 hex digits. */
  readonly key: string;
  /** The public key in PEM, for whoever checks. */
  readonly publicKey: string;
  /** An Ed25519 signature over the text's UTF-8 bytes, in base64. */
  sign(text: string): string;
  readonly verify: VerifySignature;
}

/** A copy of the signed statements outside the journal's database, to which one can only add. */
export interface AnchorPort {
  /** Where it is, for people. */
  readonly place: string;
  /** Its lines for one journal, the oldest first; null where it has none. `BATON-AUDIT-ANCHOR-UNREADABLE`. */
  read(journal: string): Promise<Result<readonly string[] | null>>;
  /** Adds lines, durably, before it resolves. `BATON-AUDIT-ANCHOR-UNWRITABLE`. */
  append(journal: string, lines: readonly string[]): Promise<Result<void>>;
}
