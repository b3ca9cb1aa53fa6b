import { timingSafeEqual } from "node:crypto";
import { failed, type KeysPort, ok, type Problem, type Result, wrappedVersion } from "@baton/core";

/** A data key as it stands in a tenant's database: wrapped, and bound to its place by associated data. */
export interface WrappedKey {
  readonly id: string;
  readonly wrapped: string;
  readonly bound: Buffer;
}

/**
 * Wraps one data key anew and proves it before anybody may keep it: the new text names at least the version asked for, and unwraps
 * to the very key the old one does. `BATON-KEYS-REWRAP` where it does not; the old one then stays. Plain keys are wiped.
 */
export async function rewrapVerified(
  keys: KeysPort,
  name: string,
  old: WrappedKey,
  version: number,
): Promise<Result<string>> {
  const fresh = await keys.rewrap(name, old.wrapped, old.bound);
  if (!fresh.ok) return fresh;
  if ((wrappedVersion(fresh.value) ?? 0) < version)
    return failed(rewrapProblem(name, old.id, `it names no version from ${version} on`));
  const [before, after] = [
    await keys.unwrap(name, old.wrapped, old.bound),
    await keys.unwrap(name, fresh.value, old.bound),
  ];
  try {
    if (!before.ok) return before;
    if (!after.ok) return failed(rewrapProblem(name, old.id, "it does not unwrap"));
    return same(before.value, after.value)
      ? ok(fresh.value)
      : failed(rewrapProblem(name, old.id, "it unwraps to another key"));
  } finally {
    for (const plain of [before, after]) if (plain.ok) plain.value.fill(0);
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

const rewrapProblem = (name: string, id: string, why: string): Problem => ({
  code: "BATON-KEYS-REWRAP",
  message: `Data key ${id}, wrapped anew under ${name}, was refused: ${why}. The old one stays where it is.`,
  remedy:
    "See what is wrong with the key service, then retry the step. Nothing was lost: older versions still open.",
  details: { key: name, id },
});
