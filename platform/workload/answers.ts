import { z } from "zod";

/** Answer to a write: which version it made, and the digest of what the platform took. */
export const Written = z
  .object({
    id: z.string().min(1),
    version: z.int().min(1),
    digest: z.string().optional(),
    sha256: z.string().optional(),
  })
  .transform(({ id, version, digest, sha256 }) => ({ id, version, digest: digest ?? sha256 ?? null }));

/** One version of a prompt as it is read. */
export const ReadPrompt = z.object({
  id: z.string().min(1),
  version: z.int().min(1),
  body: z.string(),
});

const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().min(1).nullable() });

export const PromptPage = page(z.object({ id: z.string().min(1), name: z.string() }));
export const BundlePage = page(z.object({ id: z.string().min(1) }));
export const TenantPage = page(z.object({ id: z.string().min(1), state: z.string().default("ready") }));
export const Bundle = z.object({ id: z.string().min(1) });
