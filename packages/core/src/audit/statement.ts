import { z } from "zod";
import { canonicalJson } from "../plan/canonical.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What is signed of a journal: how far it went, and one root over all of it. */
export const Statement = z.strictObject({
  format: z.literal("baton-statement/1"),
  /** The journal's own name. */
  journal: z.string().min(1),
  /** From 1, without gaps. */
  number: z.int().min(1),
  /** Of the last event covered; all before it are covered too. */
  position: z.int().min(1),
  /** Milliseconds since 1970, by the journal's clock. */
  at: z.int(),
  /** The peaks of the tree over all events up to the position, from which its root follows (`LogTree`). */
  events: z.array(Hash).min(1),
  /** How many streams there are, and the root over all their heads (`HeadTree`). */
  streams: z.int().min(1),
  heads: Hash,
  /** The heads that moved since the statement before: with them one can say which stream is not as it was signed. */
  moved: z.array(z.strictObject({ stream: z.string(), seq: z.int().min(1), hash: Hash })),
  /** SHA-256 of the statement before; 64 zeros for the first. */
  previous: Hash,
  /** SHA-256 of the public key (its SPKI in DER) that the signature can be checked with. */
  key: Hash,
});
export type Statement = z.infer<typeof Statement>;

/** A statement's text and the signature under it, in base64. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
}

/** The one text of a statement: what is stored and, behind a line that says what it is, signed. */
export const statementText = (statement: Statement): string => canonicalJson(statement);

/** The bytes a signature covers: nothing that is signed for another purpose can pass for a statement. */
export const signedBytes = (text: string): string => `baton-statement\n${text}`;

/** The statement of a text; null where it is none, or is written otherwise than `statementText` writes it. */
export function readStatement(text: string): Statement | null {
  try {
    const parsed = Statement.safeParse(JSON.parse(text));
    return parsed.success && statementText(parsed.data) === text ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Whether a signature is that of this key: true or false; null where nobody here knows the key. */
export type VerifySignature = (key: string, bytes: string, signature: string) => boolean | null;

/** Whether peaks are as many as a tree of this size has; otherwise they say nothing about its events. */
export const fitsSize = (peaks: readonly string[], size: number): boolean =>
  peaks.length === [...size.toString(2)].filter((digit) => digit === "1").length;
