import { open } from "node:fs/promises";
import { type Exported, exportJournal } from "@baton/conductor";
import { type Journal, type Result, renderNumber } from "@baton/core";
import type { Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { withSession } from "../session/with-session.ts";

interface ExportOptions {
  readonly run?: string;
  readonly out?: string;
}

/** Lines that are written together. */
const CHUNK = 1_000;

/** `baton audit export`: the journal as JSON lines, to a file or to standard output. */
export const auditExport = (where: Where, output: Output, { run, out }: ExportOptions): Promise<ExitCode> =>
  withSession(where, output, async ({ journal }) => {
    const exported = await exportTo(journal, run ?? null, out).catch(() => null);
    if (exported === null)
      return output.problems([
        {
          code: "BATON-AUDIT-FILE",
          message: `The export cannot be written to ${out ?? "standard output"}.`,
          remedy: "Name another file with --out, or make room.",
        },
      ]);
    if (!exported.ok) return output.problems(exported.problems);
    const { events, statements } = exported.value;
    if (out !== undefined) {
      output.lines(
        `✓ ${renderNumber(events)} events and ${renderNumber(statements)} statements in ${out}; \`baton audit verify --file ${out}\` checks them alone.`,
      );
      output.result({ ...exported.value, file: out });
    }
    return ExitCode.done;
  });

async function exportTo(
  journal: Pick<Journal, "audit">,
  run: string | null,
  out: string | undefined,
): Promise<Result<Exported>> {
  const file = out === undefined ? null : await open(out, "w", 0o600);
  let held: string[] = [];
  const flush = async () => {
    const text = held.map((line) => `${line}\n`).join("");
    held = [];
    if (file !== null) await file.appendFile(text);
    else await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  };
  try {
    const exported = await exportJournal({
      journal,
      run,
      write: async (line) => {
        held.push(line);
        if (held.length >= CHUNK) await flush();
      },
    });
    await flush();
    await file?.sync();
    return exported;
  } finally {
    await file?.close();
  }
}
