import { signHeads } from "@baton/conductor";
import type { Problem } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { anchorOf, loadDefinition, signerOf, type Where } from "@baton/session";

/**
 * Signs a journal that has come back, its word of that included. What keeps it from being signed is told and keeps nothing else
 * up: an anchor outside the state folder that knows of more than this journal (`BATON-AUDIT-ANCHOR-AHEAD`), first of all.
 */
export async function signRestored(where: Where, url: string): Promise<readonly Problem[]> {
  const journal = await createPostgresJournal({ url, poolSize: 1 });
  if (!journal.ok) return journal.problems;
  try {
    const definition = await loadDefinition(where.platformDir);
    const signer = await signerOf(where);
    if (!signer.ok) return signer.problems;
    const anchor = anchorOf(where, definition.ok ? definition.value.platform : null);
    const signed = await signHeads({ journal: journal.value, signer: signer.value, anchor });
    return signed.ok ? [] : signed.problems;
  } finally {
    await journal.value.close();
  }
}
