import type { Weights } from "./weights.ts";

/** What is there between two releases, as seen in the world when a run that supersedes another is planned. */
export interface Halfway {
  /** Where each tenant's requests go, by service and tenant; a service that nothing routes is not named. */
  readonly routes: Readonly<Record<string, Readonly<Record<string, Weights>>>>;
  /** Versions that run, by service. */
  readonly running: Readonly<Record<string, readonly string[]>>;
}

/**
 * Versions of a service that run and are neither the one before the release nor the one it brings: what a run that stopped
 * half-way has left. In order; none where nobody has looked.
 */
export const leftoverVersions = (
  halfway: Halfway | undefined,
  service: string,
  ...known: readonly (string | undefined)[]
): readonly string[] =>
  [...new Set(halfway?.running[service] ?? [])].filter((version) => !known.includes(version)).sort();

/** Whether every tenant has left a version of a service that is routed, so that nobody needs it to run any more. */
export function hasLeft({ routes }: Halfway, service: string, version: string): boolean {
  const found = Object.values(routes[service] ?? {});
  return found.length > 0 && found.every((weights) => (weights[version] ?? 0) === 0);
}
