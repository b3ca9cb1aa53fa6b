import { z } from "zod";

/** A tenant as observed: its ring, the database it owns and the host that database lives on (for limits per host). */
export const Tenant = z.strictObject({
  id: z.string().min(1),
  ring: z.string().min(1),
  database: z.string().min(1),
  host: z.string().min(1),
});
export type Tenant = z.infer<typeof Tenant>;
