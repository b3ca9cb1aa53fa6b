import { checkExport, type Problem } from "@baton/core";
import { sha256, verifierOf } from "./browser-crypto.ts";
import { linesOf } from "./lines-of.ts";
import type { VerifyAsked, VerifyTold } from "./messages.ts";

const tell = (told: VerifyTold) => postMessage(told);

addEventListener("message", (event: MessageEvent<VerifyAsked>) => {
  check(event.data).catch((error: unknown) => tell({ kind: "failed", problems: [broken(String(error))] }));
});

async function check({ url, keys, anchor }: VerifyAsked): Promise<void> {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok || answer.body === null) {
    tell({ kind: "failed", problems: [broken(`HTTP ${answer.status}`)] });
    return;
  }
  const verification = await checkExport({
    lines: linesOf(answer.body),
    anchor,
    ...verifierOf(keys),
    sha256,
    progress: (events) => tell({ kind: "progress", events }),
  });
  tell({ kind: "done", verification });
}

const broken = (cause: string): Problem => ({
  code: "BATON-WEB-EXPORT",
  message: `The journal could not be read to its end: ${cause}.`,
  remedy:
    "Check again. If it comes back, export the journal with `baton audit export` and check the file with `baton audit verify-file`.",
});
