import { z } from "zod";

/** How much of a list, and behind what. */
export const Page = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("How many items at the most."),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .exactOptional()
    .describe("The `nextCursor` of the page before; without it the list begins."),
};
export const PageQuery = z.strictObject(Page);

/** A page of a list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe("Leads on; null at the end of the list."),
  });
