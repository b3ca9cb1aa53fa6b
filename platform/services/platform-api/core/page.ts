import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";

/** One page of a list. `nextCursor` is null at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** `?limit=&cursor=` of every list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(200).optional(),
});

/** The key after which the page starts, or null for the first page. Throws 400 where the cursor is none of ours. */
export function afterKey(cursor: string | undefined, key: z.ZodType<string>): string | null {
  if (cursor === undefined) return null;
  const parsed = key.safeParse(Buffer.from(cursor, "base64url").toString("utf8"));
  if (parsed.success) return parsed.data;
  throw new ApiError(
    400,
    "request.cursor",
    "This cursor did not come from this list; start again without one.",
  );
}

/** Makes a page of rows that were read with `limit + 1`, so that it is known whether more follow. */
export function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  key: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: shown.map(item),
    nextCursor: more ? Buffer.from(key(last), "utf8").toString("base64url") : null,
  };
}
