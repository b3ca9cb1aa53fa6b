import { createClient } from "@baton/contracts";

/** The server this page came from. */
export const client = createClient({ baseUrl: "" });
