import type { Actor } from "../model/event.ts";
import type { Right } from "./role.ts";

/** Whoever a request comes from, as far as sign-in has found out. What they may is asked of an environment with `can`. */
export interface Principal {
  readonly kind: "person" | "token";
  /** A person's identity, `ISSUER|SUBJECT`; a service token's id. */
  readonly id: string;
  /** For people: what to call them. */
  readonly name: string;
  /** How they came in: the issuer that vouches for a person, or a service token. */
  readonly via: string;
  /** What this sign-in is narrowed down to; null where all is open that the roles allow. */
  readonly scopes: readonly Right[] | null;
}

/** A person's identity out of what an identity provider says. A subject is unique at its issuer only. */
export const personId = (issuer: string, subject: string): string => `${issuer}|${subject}`;

/** The same, as the journal records who did something. */
export const actorOf = ({ kind, id, name, via }: Principal): Actor => ({ kind, name, via, id });
