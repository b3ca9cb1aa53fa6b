import type { AccessReader } from "./access-reader.ts";
import type { Cookie } from "./cookies.ts";
import type { AccessParts } from "./options.ts";
import type { ProviderClient } from "./provider-client.ts";
import type { Redeemer } from "./redeem.ts";
import type { Sessions } from "./sessions.ts";

/** What the routes of sign-in share. */
export interface Parts extends Omit<AccessParts, "provider"> {
  readonly provider: ProviderClient;
  readonly builtIn: boolean;
  readonly sessions: Sessions;
  readonly session: Cookie;
  readonly reader: AccessReader;
  readonly redeem: Redeemer;
}
