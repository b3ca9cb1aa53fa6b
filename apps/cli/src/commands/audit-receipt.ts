import { writeFile } from "node:fs/promises";
import { makeReceipt } from "@baton/conductor";
import { ok } from "@baton/core";
import { requireRun, signerOf, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { withSession } from "../session/with-session.ts";
import { tellReceipt } from "./tell-receipt.ts";

interface ReceiptOptions {
  readonly tenant: string;
  readonly run?: string;
  readonly out?: string;
}

/** `baton audit receipt TENANT`: writes what a run did to one tenant, with the proof that it stands in the signed journal. */
export const auditReceipt = (
  where: Where,
  output: Output,
  { tenant, run: named, out }: ReceiptOptions,
): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const loaded = named === undefined ? await requireRun(session) : ok({ run: named });
    if (!loaded.ok) return output.problems(loaded.problems);
    const signer = await signerOf(where);
    if (!signer.ok) return output.problems(signer.problems);
    const { run } = loaded.value;
    const { publicKey } = signer.value;
    const receipt = await makeReceipt({ journal: session.journal, run, tenant, publicKey });
    if (!receipt.ok) return output.problems(receipt.problems);
    output.lines(...tellReceipt(receipt.value.facts, output.width));
    const file = out ?? (output.json ? null : `receipt-${tenant}-${run}.json`.replaceAll(/[^\w.-]/g, "_"));
    if (file !== null) {
      const failure = await writeFile(file, `${JSON.stringify(receipt.value, null, 2)}\n`).catch(() => file);
      if (failure !== undefined)
        return output.problems([
          {
            code: "BATON-AUDIT-FILE",
            message: `The file ${file} cannot be written.`,
            remedy: "Name another one with --out.",
            where: { file },
          },
        ]);
      output.lines(`✓ Written to ${file}; \`baton audit receipt --check ${file}\` checks it alone.`);
    }
    output.result(receipt.value);
    return ExitCode.done;
  });
