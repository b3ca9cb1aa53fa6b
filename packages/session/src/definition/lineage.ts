import { failed, ok, type Problem, type ReleaseService, type Result } from "@baton/core";
import type { Definition, LoadedRelease } from "./load.ts";

type Releases = Definition["releases"];

function unknownRelease(releases: Releases, name: string, namedBy?: LoadedRelease): Problem {
  const known = [...releases.keys()].join(", ") || "none yet; write releases/R1/release.yaml first";
  return {
    code: "BATON-RELEASE-UNKNOWN",
    message: `There is no release ${name} in this platform.`,
    remedy: `Known releases: ${known}.`,
    ...(namedBy === undefined ? {} : { where: namedBy.places("from") }),
  };
}

/** The release of that name: `BATON-RELEASE-UNKNOWN`. */
export function findRelease(definition: Pick<Definition, "releases">, name: string): Result<LoadedRelease> {
  const found = definition.releases.get(name);
  return found ? ok(found) : failed(unknownRelease(definition.releases, name));
}

/** A release and those before it, the first one first: `BATON-RELEASE-UNKNOWN`, `BATON-RELEASE-CYCLE`. */
export function lineageOf(releases: Releases, name: string): Result<readonly LoadedRelease[]> {
  const chain: LoadedRelease[] = [];
  for (let next: string | undefined = name; next !== undefined; ) {
    const found = releases.get(next);
    if (!found) return failed(unknownRelease(releases, next, chain[0]));
    if (chain.includes(found)) return failed(circle(chain, found));
    chain.unshift(found);
    next = found.release.from;
  }
  return ok(chain);
}

/** `chain` begins with the release whose `from` leads back to `again`. */
function circle(chain: readonly LoadedRelease[], again: LoadedRelease): Problem {
  const names = chain.slice(0, chain.indexOf(again) + 1).map(({ release }) => release.release);
  return {
    code: "BATON-RELEASE-CYCLE",
    message: `Releases follow each other in a circle: ${[again.release.release, ...names].join(" -> ")}.`,
    remedy: "Remove one of the `from` entries.",
    where: (chain[0] ?? again).places("from"),
  };
}

/** Services a release leaves in service: its own, and those of the releases before it that it does not touch. */
export function servicesOf(
  definition: Pick<Definition, "releases">,
  name: string,
): Result<Readonly<Record<string, ReleaseService>>> {
  const line = lineageOf(definition.releases, name);
  if (!line.ok) return line;
  const services: Record<string, ReleaseService> = {};
  for (const { release } of line.value) Object.assign(services, release.services);
  return ok(services);
}

/** The one release that follows none: what a new platform starts at. */
export function firstRelease(definition: Definition): Result<LoadedRelease> {
  const first = [...definition.releases.values()].filter((r) => r.release.from === undefined);
  const [only] = first;
  if (only && first.length === 1) return ok(only);
  return failed({
    code: "BATON-RELEASE-FIRST",
    message:
      first.length === 0
        ? "No release is the first: each names a release it follows, or there is none."
        : `More than one release is the first: ${first.map((r) => r.release.release).join(", ")}.`,
    remedy: "Leave `from` out of exactly one release.yaml.",
  });
}
