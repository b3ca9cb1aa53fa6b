import {
  type AccessEvent,
  type AccessState,
  type Actor,
  actorOf,
  admins,
  codeRefusal,
  failed,
  forbidden,
  grantRefusal,
  invitationRefusal,
  invitationRevokeRefusal,
  type Journal,
  ok,
  openInvitation,
  type Principal,
  type Problem,
  type Result,
  type Role,
  revokeRefusal,
  type TokenScope,
  tokenRefusals,
  tokenRevokeRefusal,
} from "@baton/core";
import { streams } from "../streams.ts";
import { newAccessEvent, readAccess } from "./read-access.ts";
import { codeHash, drawCode, drawId, drawToken, secretHash } from "./secrets.ts";

/** Who asks for a change of who may do what: somebody who signed in, or whoever is at the machine itself. */
export type Asker =
  | { readonly principal: Principal }
  /** Whoever may use the state folder has all that is in it: no right is asked for. */
  | { readonly local: Actor };

/** What every such request says. */
export interface AccessRequest {
  readonly journal: Journal;
  readonly environment: string;
  readonly asker: Asker;
  readonly reason: string;
}

/** Gives a person a further role; had it already is done. `BATON-ACCESS-FORBIDDEN`, `-NO-PERSON`. */
export const grantRole = (
  request: AccessRequest & { readonly person: string; readonly role: Role },
): Promise<Result<void>> =>
  administer(request, (state, said) => {
    const { person, role } = request;
    const refusal = grantRefusal(state, person);
    if (refusal !== null) return failed(refusal);
    const known = state.people.get(person);
    if (known?.roles.has(role)) return ok([]);
    return ok([
      { type: "access.granted", person, name: known?.name ?? person, role, invitation: null, ...said },
    ]);
  });

/** Takes a role from a person. `BATON-ACCESS-FORBIDDEN`, `-NO-PERSON`, `-NO-ROLE`, `-LAST-ADMIN`. */
export const revokeRole = (
  request: AccessRequest & { readonly person: string; readonly role: Role },
): Promise<Result<void>> =>
  administer(request, (state, said) => {
    const { person, role } = request;
    const refusal = revokeRefusal(state, person, role);
    return refusal === null ? ok([{ type: "access.revoked", person, role, ...said }]) : failed(refusal);
  });

/** Invites somebody to a role, and gives the one-time code. It is shown this once. `BATON-ACCESS-FORBIDDEN`, `-EXPIRY`. */
export async function invite(
  request: AccessRequest & { readonly name: string; readonly role: Role; readonly lastsMs: number },
): Promise<Result<{ readonly invitation: string; readonly code: string; readonly expiresAt: number }>> {
  const { name, role, lastsMs } = request;
  const [invitation, code] = [drawId("invitation"), drawCode()];
  let expiresAt = 0;
  const done = await administer(request, (_, said, now) => {
    expiresAt = now + lastsMs;
    const refusal = invitationRefusal(expiresAt, now);
    const hash = codeHash(code);
    return refusal === null
      ? ok([{ type: "access.invited", invitation, codeHash: hash, name, role, expiresAt, ...said }])
      : failed(refusal);
  });
  return done.ok ? ok({ invitation, code, expiresAt }) : done;
}

/** Takes an invitation back. `BATON-ACCESS-FORBIDDEN`, `-NO-INVITATION`. */
export const revokeInvitation = (
  request: AccessRequest & { readonly invitation: string },
): Promise<Result<void>> =>
  administer(request, (state, said) => {
    const { invitation } = request;
    const refusal = invitationRevokeRefusal(state, invitation);
    return refusal === null
      ? ok([{ type: "access.invitation-revoked", invitation, ...said }])
      : failed(refusal);
  });

/** Makes a service token, and gives it. It is shown this once. `BATON-ACCESS-FORBIDDEN`, `-EXPIRY`, `-TOKEN-SCOPE`. */
export async function createToken(
  request: AccessRequest & {
    readonly name: string;
    readonly scopes: readonly TokenScope[];
    readonly lastsMs: number;
  },
): Promise<Result<{ readonly id: string; readonly token: string; readonly expiresAt: number }>> {
  const { name, asker, lastsMs } = request;
  const scopes = [...new Set(request.scopes)].sort();
  const [id, token] = [drawId("token"), drawToken()];
  const maker = "principal" in asker ? asker.principal : null;
  let expiresAt = 0;
  const done = await administer(request, (state, said, now) => {
    expiresAt = now + lastsMs;
    const refusals = tokenRefusals(state, { scopes, expiresAt }, maker, now);
    if (refusals.length > 0) return failed(...refusals);
    const hash = secretHash(token);
    return ok([
      {
        type: "access.token-created",
        ...{ token: id, name, hash, scopes, expiresAt, maker: maker?.id ?? null, ...said },
      },
    ]);
  });
  return done.ok ? ok({ id, token, expiresAt }) : done;
}

/** Ends a service token for good; revoked twice is revoked once. `BATON-ACCESS-FORBIDDEN`, `-NO-TOKEN`. */
export const revokeToken = (request: AccessRequest & { readonly token: string }): Promise<Result<void>> =>
  administer(request, (state, said) => {
    const { token } = request;
    const refusal = tokenRevokeRefusal(state, token);
    if (refusal !== null) return failed(refusal);
    return ok(state.tokens.get(token)?.revoked ? [] : [{ type: "access.token-revoked", token, ...said }]);
  });

/** Somebody who signed in and shows a code. */
interface Shown {
  readonly journal: Journal;
  readonly environment: string;
  readonly person: Principal;
}

/** Gives a person the role that a code stands for, once: `BATON-ACCESS-CODE`. */
export async function redeemInvitation(shown: Shown & { readonly code: string }): Promise<Result<Role>> {
  const { journal, environment, person, code } = shown;
  let role: Role | null = null;
  const done = await decideAndAppend(journal, environment, (state, now) => {
    const invitation = openInvitation(state, codeHash(code), now);
    if (invitation === null) return failed(codeRefusal);
    role = invitation.role;
    const reason = `Invited by ${invitation.by.name} as ${invitation.name}.`;
    return ok([granted(person, invitation.role, invitation.id, reason)]);
  });
  if (!done.ok) return done;
  return role === null ? failed(codeRefusal) : ok(role);
}

/**
 * Makes a person the first administrator of an environment that has none. That they may was found out by the code printed at the
 * server's start; there never is a second first one: `BATON-ACCESS-CODE`.
 */
export const firstAdmin = ({ journal, environment, person }: Shown): Promise<Result<void>> =>
  decideAndAppend(journal, environment, (state) =>
    admins(state).length > 0
      ? failed(codeRefusal)
      : ok([
          granted(person, "admin", null, "The first to sign in with the code printed at the server's start."),
        ]),
  );

const granted = (person: Principal, role: Role, invitation: string | null, reason: string): AccessEvent => ({
  type: "access.granted",
  ...{ person: person.id, name: person.name, role, invitation, by: actorOf(person), reason },
});

interface Said {
  readonly by: Actor;
  readonly reason: string;
}
type Decision = Result<readonly AccessEvent[]>;

/** Appends what an administrator asks for. That they are one is looked at in the very state the events are appended to. */
function administer(
  { journal, environment, asker, reason }: AccessRequest,
  decide: (state: AccessState, said: Said, now: number) => Decision,
): Promise<Result<void>> {
  return decideAndAppend(journal, environment, (state, now) => {
    if ("local" in asker) return decide(state, { by: asker.local, reason }, now);
    const refusal = forbidden(state, asker.principal, "administer", environment, now);
    return refusal === null ? decide(state, { by: actorOf(asker.principal), reason }, now) : failed(refusal);
  });
}

/** Somebody else seldom changes the same between reading and appending; a few tries always settle it. */
const TRIES = 10;

async function decideAndAppend(
  journal: Journal,
  environment: string,
  decide: (state: AccessState, now: number) => Decision,
): Promise<Result<void>> {
  let last: Result<void> = failed(alwaysMoving(environment));
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const now = await journal.now();
    if (!now.ok) return now;
    const access = await readAccess(journal, environment);
    if (!access.ok) return access;
    const decided = decide(access.value.state, now.value);
    if (!decided.ok) return decided;
    const events = decided.value.map(newAccessEvent);
    const stored = await journal.append(
      [{ stream: streams.access(environment), expectedSeq: access.value.seq, events }],
      null,
    );
    if (stored.ok) return ok(undefined);
    if (stored.problems.every(({ code }) => code !== "BATON-JOURNAL-SEQUENCE")) return stored;
    last = stored;
  }
  return last;
}

const alwaysMoving = (environment: string): Problem => ({
  code: "BATON-ACCESS-BUSY",
  message: `Others kept changing who may do what in ${environment} at the same moment.`,
  remedy: "Try again.",
});
