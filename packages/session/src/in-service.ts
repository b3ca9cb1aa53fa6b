import type { RunSummary } from "@baton/conductor";
import type { Definition, LoadedRelease } from "./definition/load.ts";

/** What the runs of an environment say about its releases. */
export interface InService {
  /** The release in service; null where none is the first, so that nobody can say. While a run is under way: the one it left from. */
  readonly current: string | null;
  /** The release a run goes to now, or went to and stopped half-way; null where none does. */
  readonly underWay: string | null;
  /** Releases that were in service before. */
  readonly past: ReadonlySet<string>;
}

const ARRIVED: ReadonlySet<string> = new Set(["succeeded", "succeeded-with-parked"]);

/** Follows the runs, the oldest first, from the platform's first release on. */
export function inService(definition: Pick<Definition, "releases">, runs: readonly RunSummary[]): InService {
  const first = [...definition.releases.values()].find(({ release }) => release.from === undefined);
  let current = first?.release.release ?? null;
  let underWay: string | null = null;
  const past = new Set<string>();
  for (const { release, from, ended, supersedes } of runs) {
    underWay = null;
    if (ended !== null && ARRIVED.has(ended.outcome)) {
      if (current !== null) past.add(current);
      current = release;
      // Taken back and arrived at again: what serves is not past.
      past.delete(release);
    } else if (ended?.outcome === "rolled-back" && supersedes === null) {
      current = from;
      past.delete(from);
    } else underWay = release;
  }
  return { current, underWay, past };
}

/** All releases in the order they follow each other; those that follow none of the others stand at the end by name. */
export function lineOf(definition: Pick<Definition, "releases">): readonly LoadedRelease[] {
  const left = new Map([...definition.releases].sort(([a], [b]) => (a < b ? -1 : 1)));
  const line: LoadedRelease[] = [];
  for (let found = true; found; ) {
    found = false;
    for (const [name, loaded] of left) {
      const { from } = loaded.release;
      if (from !== undefined && left.has(from)) continue;
      line.push(loaded);
      left.delete(name);
      found = true;
    }
  }
  return [...line, ...left.values()];
}
