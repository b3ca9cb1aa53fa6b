import {
  AccessEvent,
  type AccessState,
  applyAccess,
  failed,
  type Journal,
  type Json,
  type NewEvent,
  nobody,
  ok,
  type Result,
  type StoredEvent,
} from "@baton/core";
import { streams } from "../streams.ts";

/** Version of the shapes in core's `AccessEvent`. */
const ACCESS_VERSION = 1;
const PAGE = 1_000;

/** Who may do what in an environment, and how far its stream was read. */
export interface Access {
  readonly state: AccessState;
  readonly seq: number;
  readonly position: number;
}

/** Nothing read yet. */
export const nothingRead: Access = { state: nobody, seq: 0, position: 0 };

/**
 * Reads who may do what, from where it was read last. `BATON-ACCESS-NEWER` where this Baton does not know an event: what a newer one
 * took from somebody must not be passed over.
 */
export async function readAccess(
  journal: Journal,
  environment: string,
  from: Access = nothingRead,
): Promise<Result<Access>> {
  let access = from;
  for (;;) {
    const page = await journal.read(streams.access(environment), access.position, PAGE);
    if (!page.ok) return page;
    for (const stored of page.value) {
      const event = accessEventOf(stored);
      if (!event.ok) return event;
      access = {
        state: applyAccess(access.state, event.value, stored.at),
        seq: stored.seq,
        position: stored.position,
      };
    }
    if (page.value.length < PAGE) return ok(access);
  }
}

/** An access event in the journal's form. */
export function newAccessEvent(event: AccessEvent): NewEvent {
  const { type, ...data } = event;
  return { type, version: ACCESS_VERSION, data: data as Json };
}

function accessEventOf(stored: StoredEvent): Result<AccessEvent> {
  const fields = typeof stored.data === "object" && stored.data !== null ? stored.data : {};
  const parsed =
    stored.version <= ACCESS_VERSION ? AccessEvent.safeParse({ ...fields, type: stored.type }) : undefined;
  if (parsed?.success) return ok(parsed.data);
  return failed({
    code: "BATON-ACCESS-NEWER",
    message: `Event ${stored.seq} of ${stored.stream}, \`${stored.type}\` version ${stored.version}, is of a shape this Baton does not know.`,
    remedy: "Go on with the Baton that wrote it, or a newer one. Until then nobody is let in.",
    details: { stream: stored.stream, seq: stored.seq, type: stored.type, version: stored.version },
  });
}
