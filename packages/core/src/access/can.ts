import type { Problem } from "../problem.ts";
import type { Principal } from "./principal.ts";
import { RIGHTS_OF, type Right } from "./role.ts";
import type { AccessState, TokenAccess } from "./state.ts";

/**
 * Whether somebody may do something in an environment now. Nobody may anything that was not given to them: an unknown person, an
 * unknown, revoked or expired token may nothing. A token can no more than its scopes say, nor than its maker can at this moment.
 */
export const can = (state: AccessState, principal: Principal, right: Right, now: number): boolean =>
  rightsOf(state, principal, now).has(right);

/** All that somebody may do in an environment now. */
export function rightsOf(state: AccessState, principal: Principal, now: number): ReadonlySet<Right> {
  const own =
    principal.kind === "person" ? personRights(state, principal.id) : tokenRights(state, principal.id, now);
  const { scopes } = principal;
  return scopes === null ? own : new Set([...own].filter((right) => scopes.includes(right)));
}

/** A token that works now, by the hash of what was shown; null where there is none. */
export const tokenByHash = (state: AccessState, hash: string, now: number): TokenAccess | null =>
  state.tokens.find((token) => token.hash === hash && isLive(token, now)) ?? null;

/** Why somebody may not do something now, `BATON-ACCESS-FORBIDDEN`; null when they may. */
export function forbidden(
  state: AccessState,
  principal: Principal,
  right: Right,
  environment: string,
  now: number,
): Problem | null {
  if (can(state, principal, right, now)) return null;
  const who = principal.kind === "person" ? principal.name : `The token ${principal.name}`;
  return {
    code: "BATON-ACCESS-FORBIDDEN",
    message: `${who} may not ${right} in ${environment}.`,
    remedy: `Ask an administrator of ${environment} for a role that allows it${principal.kind === "token" ? ", or for a token with that scope" : ""}.`,
    details: { environment, right, principal: principal.id },
  };
}

function personRights(state: AccessState, id: string): ReadonlySet<Right> {
  const roles = state.people.get(id)?.roles.toArray() ?? [];
  return new Set(roles.flatMap((role) => RIGHTS_OF[role]));
}

function tokenRights(state: AccessState, id: string, now: number): ReadonlySet<Right> {
  const token = state.tokens.get(id);
  if (token === undefined || !isLive(token, now)) return new Set();
  const { maker, scopes } = token;
  if (maker === null) return new Set<Right>(scopes);
  const bound = personRights(state, maker);
  return new Set<Right>(scopes.filter((scope) => bound.has(scope)));
}

const isLive = (token: TokenAccess, now: number): boolean => !token.revoked && now < token.expiresAt;
