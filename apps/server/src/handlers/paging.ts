import type { Problem } from "@baton/core";
import { ApiError } from "../api/api-error.ts";

/** A page of a list that is in memory as a whole; the cursor names the last item of the page before. */
export function pageOf<T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  name: (item: T) => string,
): { items: T[]; nextCursor: string | null } {
  const at = cursor === undefined ? -1 : all.findIndex((item) => name(item) === cursor);
  if (cursor !== undefined && at < 0) throw new ApiError(noCursor(cursor));
  const items = all.slice(at + 1, at + 1 + limit);
  const last = items.at(-1);
  const more = last !== undefined && at + 1 + limit < all.length;
  return { items, nextCursor: more ? name(last) : null };
}

/** A cursor that is a position or a number: whole, and not beyond what a number can hold. */
export function numberCursor(cursor: string | undefined, start: number): number {
  if (cursor === undefined) return start;
  if (!/^\d{1,15}$/.test(cursor)) throw new ApiError(noCursor(cursor));
  return Number(cursor);
}

const noCursor = (cursor: string): Problem => ({
  code: "BATON-API-CURSOR",
  message: `The cursor ${cursor} leads nowhere.`,
  remedy: "Give the `nextCursor` of the page before, or leave it out to begin with the first.",
  details: { cursor },
});
