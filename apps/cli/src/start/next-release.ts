import { failed, ok, type Result } from "@baton/core";
import { type Definition, firstRelease } from "@baton/session";

/** The release that follows the platform's first one; what `baton start` goes to when nobody names another. */
export function nextRelease(definition: Definition): Result<string> {
  const first = firstRelease(definition);
  if (!first.ok) return first;
  const from = first.value.release.release;
  const next = [...definition.releases.values()]
    .filter(({ release }) => release.from === from)
    .map(({ release }) => release.release);
  const [only] = next;
  if (only !== undefined && next.length === 1) return ok(only);
  return failed({
    code: "BATON-RELEASE-NEXT",
    message:
      next.length === 0
        ? `No release follows ${from}.`
        : `More than one release follows ${from}: ${next.join(", ")}.`,
    remedy: next.length === 0 ? "Write one whose `from` names it." : "Name one with --release.",
  });
}
