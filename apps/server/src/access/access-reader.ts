import { type Access, nothingRead, readAccess, streams } from "@baton/conductor";
import {
  failed,
  forbidden,
  type Journal,
  ok,
  type Principal,
  type Result,
  type Right,
  rightsOf,
} from "@baton/core";
import { signInFirst } from "./access-error.ts";

/** Who may do what, as the journal says it at the moment of the question. */
export interface AccessReader {
  /** The journal as it is now: what was revoked before the call is revoked in the answer. */
  read(environment: string): Promise<Result<Access>>;
  /** Whether somebody may do something: `BATON-ACCESS-SIGN-IN`, `-FORBIDDEN`, or why nobody can tell. */
  authorise(principal: Principal | null, right: Right, environment: string): Promise<Result<void>>;
  /** All that somebody may do in an environment. */
  rights(principal: Principal, environment: string): Promise<Result<readonly Right[]>>;
}

/**
 * Reads only what was appended since. Questions that come while a read is under way share the next one, since the one under way may
 * have begun before something was revoked.
 */
export function accessReader(journal: Journal, now: () => number): AccessReader {
  const known = new Map<string, Access>();
  const flights = new Map<
    string,
    { readonly now: Promise<Result<Access>>; next: Promise<Result<Access>> | null }
  >();

  async function fetchOnce(environment: string): Promise<Result<Access>> {
    const before = known.get(environment) ?? nothingRead;
    // Where the stream ends costs one look; looking for what is behind it costs all that was appended elsewhere.
    const stream = streams.access(environment);
    const heads = await journal.heads(stream);
    if (!heads.ok) return heads;
    const end = heads.value.find((head) => head.stream === stream)?.seq ?? 0;
    if (end === before.seq) return ok(before);
    const read = await readAccess(journal, environment, before);
    if (read.ok) known.set(environment, read.value);
    return read;
  }
  function fly(environment: string): Promise<Result<Access>> {
    const flight = fetchOnce(environment).finally(() => flights.delete(environment));
    flights.set(environment, { now: flight, next: null });
    return flight;
  }
  function read(environment: string): Promise<Result<Access>> {
    const flight = flights.get(environment);
    if (flight === undefined) return fly(environment);
    flight.next ??= flight.now.then(() => fly(environment));
    return flight.next;
  }
  return {
    read,
    authorise: async (principal, right, environment) => {
      if (principal === null) return failed(signInFirst("Nobody is signed in."));
      const access = await read(environment);
      if (!access.ok) return access;
      const refusal = forbidden(access.value.state, principal, right, environment, now());
      return refusal === null ? ok(undefined) : failed(refusal);
    },
    rights: async (principal, environment) => {
      const access = await read(environment);
      return access.ok ? ok([...rightsOf(access.value.state, principal, now())]) : access;
    },
  };
}
