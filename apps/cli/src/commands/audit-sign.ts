import { signHeads } from "@baton/conductor";
import { renderNumber } from "@baton/core";
import { anchorOf, signerOf, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { withSession } from "../session/with-session.ts";

/** `baton audit sign`: signs how the journal stands now and brings the anchor up to date. A run that is driven does so by itself. */
export const auditSign = (where: Where, output: Output): Promise<ExitCode> =>
  withSession(where, output, async ({ journal, definition }) => {
    const signer = await signerOf(where);
    if (!signer.ok) return output.problems(signer.problems);
    const anchor = anchorOf(where, definition.platform);
    const signed = await signHeads({ journal, signer: signer.value, anchor });
    if (!signed.ok) return output.problems(signed.problems);
    const { number, position } = signed.value;
    output.lines(
      number === 0
        ? "◌ No events yet: there is nothing to sign."
        : `✓ Signed to position ${renderNumber(position)} by statement ${renderNumber(number)}, and anchored in ${anchor.place}.`,
    );
    output.result({ ...signed.value, anchor: anchor.place });
    return ExitCode.done;
  });
