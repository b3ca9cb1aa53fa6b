import { z } from "zod";

const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** A line of the ledger: a write about to be sent, or the platform's word that it is there. */
export const LedgerRecord = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("intent"),
    seq: z.int().min(1),
    tenant: z.string(),
    change: z.enum(["create", "amend", "version"]),
    prompt: z.string().nullable(),
    version: z.int().min(1).nullable(),
    digest: Digest,
  }),
  z.strictObject({
    kind: z.literal("acknowledged"),
    seq: z.int().min(1),
    prompt: z.string(),
    version: z.int().min(1),
    digest: Digest,
  }),
  /** A prompt the workload did not write, as it was before its first write to it. */
  z.strictObject({
    kind: z.literal("found"),
    tenant: z.string(),
    prompt: z.string(),
    version: z.int().min(1),
    digest: Digest,
  }),
  /** How many requests had ended and failed by then, so that a restart forgets none. */
  z.strictObject({ kind: z.literal("counted"), total: z.int().min(0), failed: z.int().min(0) }),
]);
export type LedgerRecord = z.infer<typeof LedgerRecord>;
