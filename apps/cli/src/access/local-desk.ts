import {
  createToken,
  grantRole,
  invite,
  readAccess,
  revokeInvitation,
  revokeRole,
  revokeToken,
} from "@baton/conductor";
import { type AccessState, listInvitations, listPeople, listTokens, ok, type Result } from "@baton/core";
import type { Session } from "@baton/session";
import { localActor } from "../session/actor.ts";
import type { AccessDesk } from "./desk.ts";

/** The journal on this machine. Whoever may use the state folder is asked for no right, and is recorded as the local account. */
export function localDesk({ journal, definition }: Session): AccessDesk {
  const { environment } = definition.platform;
  const here = { journal, environment, asker: { local: localActor() } };
  const list = async <T>(of: (state: AccessState, now: number) => T): Promise<Result<T>> => {
    const now = await journal.now();
    if (!now.ok) return now;
    const access = await readAccess(journal, environment);
    return access.ok ? ok(of(access.value.state, now.value)) : access;
  };
  return {
    environment,
    people: () => list(listPeople),
    invitations: () => list(listInvitations),
    tokens: () => list(listTokens),
    grant: (asked) => grantRole({ ...here, ...asked }),
    revoke: (asked) => revokeRole({ ...here, ...asked }),
    invite: (asked) => invite({ ...here, ...asked }),
    revokeInvitation: (asked) => revokeInvitation({ ...here, ...asked }),
    createToken: (asked) => createToken({ ...here, ...asked }),
    revokeToken: (asked) => revokeToken({ ...here, ...asked }),
  };
}
