import type { Problem } from "../problem.ts";
import { can } from "./can.ts";
import type { Principal } from "./principal.ts";
import type { Role, TokenScope } from "./role.ts";
import type { AccessState, Invitation } from "./state.ts";

const DAY = 86_400_000;
/** The longest a token or an invitation lives. */
export const LONGEST_TOKEN_MS = 366 * DAY;
export const LONGEST_INVITATION_MS = 7 * DAY;

/** Why a role cannot be given to a person: `BATON-ACCESS-NO-PERSON` where nobody of that identity was ever let in. */
export function grantRefusal(state: AccessState, person: string): Problem | null {
  if (state.people.has(person)) return null;
  return {
    code: "BATON-ACCESS-NO-PERSON",
    message: `Nobody with the identity ${person} was ever let in.`,
    remedy: "Invite them: they sign in, show the code, and have the role.",
    details: { person },
  };
}

/** Why a role cannot be taken from a person: `BATON-ACCESS-NO-PERSON`, `-NO-ROLE`, `-LAST-ADMIN`. */
export function revokeRefusal(state: AccessState, person: string, role: Role): Problem | null {
  const known = state.people.get(person);
  if (known === undefined) return grantRefusal(state, person);
  const details = { person, role };
  if (!known.roles.has(role))
    return {
      code: "BATON-ACCESS-NO-ROLE",
      message: `${known.name} is no ${role}.`,
      remedy: "See who has which role with `baton access list`.",
      details,
    };
  if (role !== "admin" || admins(state).some(({ id }) => id !== person)) return null;
  return {
    code: "BATON-ACCESS-LAST-ADMIN",
    message: `${known.name} is the last administrator; without one nobody could let anybody in.`,
    remedy: "Give another person the role admin first.",
    details,
  };
}

/** All who may let others in. */
export const admins = (state: AccessState) =>
  [...state.people.values()].filter(({ roles }) => roles.has("admin"));

/**
 * Why a token cannot be made, all reasons at once: `BATON-ACCESS-EXPIRY`, and `BATON-ACCESS-TOKEN-SCOPE` for what its maker may not
 * do either. `maker` is null where whoever makes it is at the machine itself.
 */
export function tokenRefusals(
  state: AccessState,
  token: { readonly scopes: readonly TokenScope[]; readonly expiresAt: number },
  maker: Principal | null,
  now: number,
): readonly Problem[] {
  const over = expiryRefusal("A token", token.expiresAt, now, LONGEST_TOKEN_MS);
  const beyond = maker === null ? [] : token.scopes.filter((scope) => !can(state, maker, scope, now));
  const problems: Problem[] = over === null ? [] : [over];
  if (beyond.length > 0)
    problems.push({
      code: "BATON-ACCESS-TOKEN-SCOPE",
      message: `${maker?.name} may not ${beyond.join(" and ")}, so no token of theirs may.`,
      remedy: "Leave that scope out, or let somebody make the token who may.",
      details: { scopes: [...beyond] },
    });
  return problems;
}

/** Why a token cannot be revoked: `BATON-ACCESS-NO-TOKEN`. */
export function tokenRevokeRefusal(state: AccessState, token: string): Problem | null {
  if (state.tokens.has(token)) return null;
  return {
    code: "BATON-ACCESS-NO-TOKEN",
    message: `There is no token ${token}.`,
    remedy: "See which there are with `baton token list`.",
    details: { token },
  };
}

/** Why an invitation cannot last so long: `BATON-ACCESS-EXPIRY`. */
export const invitationRefusal = (expiresAt: number, now: number): Problem | null =>
  expiryRefusal("An invitation", expiresAt, now, LONGEST_INVITATION_MS);

/** Why an invitation cannot be taken back: `BATON-ACCESS-NO-INVITATION` where none of that name is open. */
export function invitationRevokeRefusal(state: AccessState, invitation: string): Problem | null {
  if (state.invitations.get(invitation)?.status === "open") return null;
  return {
    code: "BATON-ACCESS-NO-INVITATION",
    message: `There is no open invitation ${invitation}.`,
    remedy: "See which there are with `baton access list`; take a role back with `baton access revoke`.",
    details: { invitation },
  };
}

/** The invitation that a code opens now, by the code's hash; null where there is none, or it was used, revoked or is too old. */
export const openInvitation = (state: AccessState, codeHash: string, now: number): Invitation | null =>
  state.invitations.find(
    (one) => one.codeHash === codeHash && one.status === "open" && now < one.expiresAt,
  ) ?? null;

/** The refusal of a code. It says the same whatever is wrong with it, so that nobody learns from it by trying. */
export const codeRefusal: Problem = {
  code: "BATON-ACCESS-CODE",
  message: "This code opens nothing: it is mistyped, used up, taken back or too old.",
  remedy: "Ask an administrator for a new one.",
};

function expiryRefusal(what: string, expiresAt: number, now: number, longest: number): Problem | null {
  const lasts = expiresAt - now;
  if (lasts > 0 && lasts <= longest) return null;
  return {
    code: "BATON-ACCESS-EXPIRY",
    message: `${what} ends in the future, and at most ${Math.round(longest / DAY)} days from now.`,
    remedy: "Name an earlier end, such as 30d.",
    details: { expiresAt, now },
  };
}
