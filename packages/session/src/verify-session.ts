import { verifyJournal } from "@baton/conductor";
import { ok, type Result, type Verification } from "@baton/core";
import { anchorOf, verifierOf } from "./auditing.ts";
import type { Session } from "./session.ts";

/** Checks all of a session's journal against its events, its signatures and its anchor. */
export async function verifySession(
  session: Session,
  keys: readonly string[],
  progress?: (position: number) => void,
): Promise<Result<Verification & { readonly anchor: string }>> {
  const { journal, where, definition } = session;
  const verifier = await verifierOf(where, keys);
  if (!verifier.ok) return verifier;
  const id = await journal.audit.id();
  if (!id.ok) return id;
  const anchor = anchorOf(where, definition.platform);
  const lines = await anchor.read(id.value);
  if (!lines.ok) return lines;
  const verified = await verifyJournal({
    journal,
    anchor: lines.value,
    ...verifier.value,
    ...(progress ? { progress } : {}),
  });
  return verified.ok ? ok({ ...verified.value, anchor: anchor.place }) : verified;
}
