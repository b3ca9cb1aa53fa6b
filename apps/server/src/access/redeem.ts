import { timingSafeEqual } from "node:crypto";
import { codeHash, drawCode, firstAdmin, redeemInvitation } from "@baton/conductor";
import { admins, failed, ok, openInvitation, type Principal, type Result } from "@baton/core";
import type { AccessReader } from "./access-reader.ts";
import type { AccessParts } from "./options.ts";

/** Turns a one-time code into a role. */
export interface Redeemer {
  /** Whether a code would open something now, so that an account is made only for somebody who is let in. */
  opens(code: string): Promise<boolean>;
  /** Gives a person the role the code stands for: `BATON-ACCESS-CODE`. */
  redeem(person: Principal, code: string): Promise<Result<void>>;
  /** The code that makes the first administrator, drawn at the first call; null where there is one. */
  firstCode(): Promise<Result<string | null>>;
}

/** Codes of invitations, which are journaled, and the first administrator's, which lives as long as this process. */
export function redeemer(
  { journal, environment }: Pick<AccessParts, "journal" | "environment">,
  reader: AccessReader,
): Redeemer {
  let first: { readonly code: string; readonly hash: string } | null = null;
  const isFirst = (code: string): boolean =>
    first !== null && timingSafeEqual(Buffer.from(first.hash), Buffer.from(codeHash(code)));
  return {
    opens: async (code) => {
      const [access, now] = [await reader.read(environment), await journal.now()];
      if (!access.ok || !now.ok) return false;
      const { state } = access.value;
      if (isFirst(code)) return admins(state).length === 0;
      return openInvitation(state, codeHash(code), now.value) !== null;
    },
    redeem: async (person, code) => {
      if (isFirst(code)) return firstAdmin({ journal, environment, person });
      const redeemed = await redeemInvitation({ journal, environment, person, code });
      return redeemed.ok ? ok(undefined) : redeemed;
    },
    firstCode: async () => {
      const access = await reader.read(environment);
      if (!access.ok) return failed(...access.problems);
      if (admins(access.value.state).length > 0) return ok(null);
      if (first === null) {
        const code = drawCode();
        first = { code, hash: codeHash(code) };
      }
      return ok(first.code);
    },
  };
}
