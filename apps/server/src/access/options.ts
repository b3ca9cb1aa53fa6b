import type { Journal } from "@baton/core";
import type pg from "pg";

/** An OpenID Connect provider that somebody else runs. */
export interface ExternalProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  readonly scopes: readonly string[];
}

/** How much one caller may ask. Windows are a minute by the clock that is handed in. */
export interface Limits {
  /** Requests of one signed-in person or token. */
  readonly signedIn: number;
  /** Requests of one address that nobody signed in from. */
  readonly anonymous: number;
  /** Tries of one address to sign in: passwords, codes, and what the CLI exchanges. */
  readonly attempts: number;
  /** Bytes of a request's body, where a route names no other. */
  readonly bodyBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  signedIn: 30_000,
  anonymous: 6_000,
  attempts: 20,
  bodyBytes: 256 * 1024,
};

/** What sign-in needs of the server it is part of. */
export interface AccessOptions {
  readonly journal: Journal;
  /** Of the database that keeps sessions, in the schema `baton_server`. */
  readonly pool: pg.Pool;
  /** The environment whose first administrator the code at the start is for. */
  readonly environment: string;
  /** Where people reach this server, without a path; asked when it listens. Never taken from a request. */
  readonly publicUrl: () => string;
  /** Null: the built-in one. */
  readonly provider: ExternalProvider | null;
  /** Called where the environment has no administrator, with the code that makes whoever signs in with it the first. */
  readonly onFirstCode: (code: string) => void;
  readonly limits?: Partial<Limits>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly fetch?: typeof fetch;
}

/** The options with all that may be left out. */
export type AccessParts = Required<Omit<AccessOptions, "limits">> & { readonly limits: Limits };

export const completed = (options: AccessOptions): AccessParts => ({
  ...options,
  limits: { ...DEFAULT_LIMITS, ...options.limits },
  now: options.now ?? Date.now,
  fetch: options.fetch ?? fetch,
});
