import { byHandInWords, explain, parkedTenants, residueOf } from "@baton/core";
import { backupsNow, requireRun, type Where } from "@baton/session";
import { backupLines } from "../backup/standing-lines.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { parkedWords } from "../render/parked.ts";
import { renderResidue } from "../render/residue.ts";
import { withSession } from "../session/with-session.ts";

/** `baton explain`: why the run, or the one named, waits, whom it waits for and since when, and the commands that lead on. */
export const explainRun = (where: Where, output: Output, named: string | null = null): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const loaded = await requireRun(session, named);
    if (!loaded.ok) return output.problems(loaded.problems);
    const now = await session.journal.now();
    if (!now.ok) return output.problems(now.problems);
    const { run, index, state } = loaded.value;
    const explanation = explain(index, state, now.value);
    const byHand = byHandInWords(state);
    const parked = parkedTenants(state);
    const backups = await backupsNow(session);
    output.lines(
      run,
      `  ${explanation.waitingFor}`,
      ...parkedWords(parked).map((line) => `  ${line}`),
      ...byHand.map((line) => `  ${line}`),
      ...explanation.next.map((command) => `  ${command}`),
      ...backupLines(backups).map((line) => `  ${line}`),
    );
    const residue = residueOf(index, state);
    output.lines(...renderResidue(residue, { width: output.width, color: output.color }));
    output.result({ run, ...explanation, parked, byHand, backups, residue });
    return ExitCode.done;
  });
