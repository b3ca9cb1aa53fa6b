import type { Problem, ReleaseService, Result } from "@baton/core";
import type { Definition, LoadedRelease } from "./load.ts";

const unknownRelease = (definition: Definition, name: string): Problem => ({
  code: "BATON-RELEASE-UNKNOWN",
  message: `There is no release ${name} in this platform.`,
  remedy: `Name one of: ${[...definition.releases.keys()].join(", ") || "none yet; write releases/R1/release.yaml first"}.`,
});

/** The release of that name. */
export function findRelease(definition: Definition, name: string): Result<LoadedRelease> {
  const found = definition.releases.get(name);
  return found ? { ok: true, value: found } : { ok: false, problems: [unknownRelease(definition, name)] };
}

/** Services a release leaves in service: its own, and those of the releases before it that it does not touch. */
export function servicesOf(
  definition: Definition,
  name: string,
): Result<Readonly<Record<string, ReleaseService>>> {
  const chain: LoadedRelease[] = [];
  let next: string | undefined = name;
  while (next !== undefined) {
    const found = findRelease(definition, next);
    if (!found.ok) return found;
    if (chain.includes(found.value)) {
      return {
        ok: false,
        problems: [
          {
            code: "BATON-RELEASE-CYCLE",
            message: `Releases follow each other in a circle: ${[...chain.map((r) => r.release.release), next].join(" → ")}.`,
            remedy: "Remove one of the `from` entries.",
            where: { file: found.value.file, path: "from" },
          },
        ],
      };
    }
    chain.unshift(found.value);
    next = found.value.release.from;
  }
  return {
    ok: true,
    value: Object.assign({}, ...chain.map((r) => r.release.services)) as Record<string, ReleaseService>,
  };
}

/** The one release that follows none: what a new platform starts at. */
export function firstRelease(definition: Definition): Result<LoadedRelease> {
  const first = [...definition.releases.values()].filter((r) => r.release.from === undefined);
  const [only] = first;
  if (only && first.length === 1) return { ok: true, value: only };
  return {
    ok: false,
    problems: [
      {
        code: "BATON-RELEASE-FIRST",
        message:
          first.length === 0
            ? "No release is the first: each names a release it follows, or there is none."
            : `More than one release is the first: ${first.map((r) => r.release.release).join(", ")}.`,
        remedy: "Leave `from` out of exactly one release.yaml.",
      },
    ],
  };
}
