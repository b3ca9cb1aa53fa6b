import { Map as PMap, Set as PSet } from "immutable";
import type { Actor } from "../model/event.ts";
import type { AccessEvent } from "./event.ts";
import type { Role, TokenScope } from "./role.ts";

/** A person somebody has let in. One without roles was, and is no more. */
export interface PersonAccess {
  readonly id: string;
  readonly name: string;
  readonly roles: PSet<Role>;
}

/** A code that stands for a role until somebody uses it. */
export interface Invitation {
  readonly id: string;
  readonly codeHash: string;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: number;
  readonly by: Actor;
  readonly status: "open" | "used" | "revoked";
}

/** A service token, without the token. */
export interface TokenAccess {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly maker: string | null;
  readonly by: Actor;
  readonly revoked: boolean;
}

/** Who may do what in one environment: a fold of its `AccessEvent`s, in the order of their positions. */
export interface AccessState {
  readonly people: PMap<string, PersonAccess>;
  readonly invitations: PMap<string, Invitation>;
  readonly tokens: PMap<string, TokenAccess>;
}

/** Nobody has been let in. */
export const nobody: AccessState = { people: PMap(), invitations: PMap(), tokens: PMap() };

/** The state after one more event. What names nothing that is there changes nothing. */
export function applyAccess(state: AccessState, event: AccessEvent, at: number): AccessState {
  switch (event.type) {
    case "access.granted":
      return granted(state, event);
    case "access.revoked": {
      const person = state.people.get(event.person);
      if (person === undefined) return state;
      const left = { ...person, roles: person.roles.delete(event.role) };
      return { ...state, people: state.people.set(person.id, left) };
    }
    case "access.invited": {
      const { invitation: id, codeHash, name, role, expiresAt, by } = event;
      const invitation: Invitation = { id, codeHash, name, role, expiresAt, by, status: "open" };
      return state.invitations.has(id)
        ? state
        : { ...state, invitations: state.invitations.set(id, invitation) };
    }
    case "access.invitation-revoked":
      return withInvitation(state, event.invitation, "revoked");
    case "access.token-created": {
      const { token: id, name, hash, scopes, expiresAt, maker, by } = event;
      const made = { id, name, hash, scopes, createdAt: at, expiresAt, maker, by, revoked: false };
      // A token that is there stays as it is: no later event can make more of it, or bring it back.
      return state.tokens.has(id) ? state : { ...state, tokens: state.tokens.set(id, made) };
    }
    case "access.token-revoked": {
      const token = state.tokens.get(event.token);
      return token === undefined
        ? state
        : { ...state, tokens: state.tokens.set(token.id, { ...token, revoked: true }) };
    }
  }
}

function granted(state: AccessState, event: Extract<AccessEvent, { type: "access.granted" }>): AccessState {
  const { person: id, name, role, invitation } = event;
  const roles = (state.people.get(id)?.roles ?? PSet<Role>()).add(role);
  const known = { ...state, people: state.people.set(id, { id, name, roles }) };
  return invitation === null ? known : withInvitation(known, invitation, "used");
}

/** An invitation ends once, and stays ended. */
function withInvitation(state: AccessState, id: string, status: "used" | "revoked"): AccessState {
  const invitation = state.invitations.get(id);
  if (invitation?.status !== "open") return state;
  return { ...state, invitations: state.invitations.set(id, { ...invitation, status }) };
}
