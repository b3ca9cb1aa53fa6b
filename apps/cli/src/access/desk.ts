import type { ListedInvitation, ListedPerson, ListedToken, Result, Role, TokenScope } from "@baton/core";

/** Where who may do what is looked at and changed: the journal on this machine, or a server. */
export interface AccessDesk {
  readonly environment: string;
  people(): Promise<Result<readonly ListedPerson[]>>;
  invitations(): Promise<Result<readonly ListedInvitation[]>>;
  tokens(): Promise<Result<readonly ListedToken[]>>;
  grant(asked: { person: string; role: Role; reason: string }): Promise<Result<unknown>>;
  revoke(asked: { person: string; role: Role; reason: string }): Promise<Result<unknown>>;
  invite(asked: {
    name: string;
    role: Role;
    lastsMs: number;
    reason: string;
  }): Promise<Result<{ readonly invitation: string; readonly code: string; readonly expiresAt: number }>>;
  revokeInvitation(asked: { invitation: string; reason: string }): Promise<Result<unknown>>;
  createToken(asked: {
    name: string;
    scopes: TokenScope[];
    lastsMs: number;
    reason: string;
  }): Promise<Result<{ readonly id: string; readonly token: string; readonly expiresAt: number }>>;
  revokeToken(asked: { token: string; reason: string }): Promise<Result<unknown>>;
}
