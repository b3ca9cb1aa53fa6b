import { readFile } from "node:fs/promises";
import { checkReceipt } from "@baton/core";
import { sha256 } from "@baton/journal";
import { verifierOf, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderProblems } from "../render/problems.ts";
import { noFile } from "./audit-verify-file.ts";
import { tellReceipt } from "./tell-receipt.ts";

/** `baton audit receipt --check`: a receipt, checked from the file alone. Whose key signed it must be known: else it is unknown. */
export async function auditCheckReceipt(
  where: Where,
  output: Output,
  { check: file, key }: { readonly check: string; readonly key: readonly string[] },
): Promise<ExitCode> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return output.problems([noFile(file)]);
  const verifier = await verifierOf(where, key);
  if (!verifier.ok) return output.problems(verifier.problems);
  const { facts, statement, problems, unknown } = checkReceipt(parsed(text), { ...verifier.value, sha256 });
  const sound = problems.length > 0 ? false : unknown.length > 0 ? null : true;
  if (problems.length > 0)
    output.lines(...renderProblems(problems.slice(0, 20), { color: output.color, width: output.width }));
  else if (facts !== null) output.lines(...tellReceipt(facts, output.width));
  for (const { code, message, remedy } of unknown) output.lines(`◌ ${code}  ${message}`, `  ${remedy}`);
  if (sound === true && statement !== null)
    output.lines(
      `✓ All of it stands in the journal ${statement.journal}, as statement ${statement.number} signed it on ${new Date(statement.at).toISOString()}.`,
    );
  if (sound === false) output.lines(`✗ This receipt proves nothing (findings: ${problems.length}).`);
  output.result({ sound, facts, problems, unknown, key: statement?.key ?? null });
  return sound === true ? ExitCode.done : ExitCode.failed;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
