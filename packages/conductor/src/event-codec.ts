import {
  failed,
  type Json,
  type NewEvent,
  ok,
  type Recorded,
  type Result,
  RunEvent,
  type StoredEvent,
} from "@baton/core";

/** Version of the shapes in core's `RunEvent`. */
const EVENT_VERSION = 1;

/** A run's event in the journal's form: its type beside its other fields. */
export function toNewEvent(event: RunEvent): NewEvent {
  const { type, ...data } = event;
  return { type, version: EVENT_VERSION, data: data as Json };
}

/** A run's event as the journal gave it back; `BATON-RUN-NEWER` where this Baton does not know its shape. */
export function fromStored(stored: StoredEvent): Result<Recorded> {
  const fields = typeof stored.data === "object" && stored.data !== null ? stored.data : {};
  const parsed =
    stored.version <= EVENT_VERSION ? RunEvent.safeParse({ ...fields, type: stored.type }) : undefined;
  if (parsed?.success) return ok({ at: stored.at, event: parsed.data });
  return failed({
    code: "BATON-RUN-NEWER",
    message: `Event ${stored.seq} of ${stored.stream}, \`${stored.type}\` version ${stored.version}, is of a shape this Baton does not know.`,
    remedy: "Go on with the Baton that wrote it, or a newer one.",
    details: { stream: stored.stream, seq: stored.seq, type: stored.type, version: stored.version },
  });
}
