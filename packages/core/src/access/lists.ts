import type { Actor } from "../model/event.ts";
import type { Role, TokenScope } from "./role.ts";
import type { AccessState } from "./state.ts";

/** A person as lists show them. */
export interface ListedPerson {
  readonly person: string;
  readonly name: string;
  readonly roles: Role[];
}

/** An invitation as lists show it, without its code. */
export interface ListedInvitation {
  readonly invitation: string;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: number;
  readonly by: Actor;
  readonly status: "open" | "used" | "revoked" | "expired";
}

/** A service token as lists show it, without the token. */
export interface ListedToken {
  readonly token: string;
  readonly name: string;
  readonly scopes: TokenScope[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly maker: string | null;
  readonly by: Actor;
  readonly status: "live" | "revoked" | "expired";
}

const ascending =
  <T>(key: (item: T) => string) =>
  (one: T, other: T) =>
    key(one) < key(other) ? -1 : 1;

/** Everybody who was ever let in, by identity. */
export const listPeople = (state: AccessState): readonly ListedPerson[] =>
  [...state.people.values()]
    .map(({ id: person, name, roles }) => ({ person, name, roles: roles.toArray().sort() }))
    .sort(ascending(({ person }) => person));

/** All invitations, the one that ends last first. */
export const listInvitations = (state: AccessState, now: number): readonly ListedInvitation[] =>
  [...state.invitations.values()]
    .map(({ id: invitation, name, role, expiresAt, by, status }): ListedInvitation => {
      const over = status === "open" && now >= expiresAt;
      return { invitation, name, role, expiresAt, by, status: over ? "expired" : status };
    })
    .sort((one, other) => other.expiresAt - one.expiresAt);

/** All service tokens, the newest first. */
export const listTokens = (state: AccessState, now: number): readonly ListedToken[] =>
  [...state.tokens.values()]
    .map(({ id: token, name, scopes, createdAt, expiresAt, maker, by, revoked }): ListedToken => {
      const status = revoked ? "revoked" : now >= expiresAt ? "expired" : "live";
      return { token, name, scopes: [...scopes], createdAt, expiresAt, maker, by, status };
    })
    .sort((one, other) => other.createdAt - one.createdAt);
