import { pathOf } from "../documents/path.ts";
import type { Places } from "../documents/places.ts";
import { noPlaces } from "../documents/places.ts";
import type { Platform } from "../model/platform.ts";
import { failed, ok, type Result } from "../problem.ts";
import { cyclePath } from "./cycle.ts";
import { topologicalOrder } from "./order.ts";

/** Services that may start together, wave after wave, and the same as one list. */
export interface PlatformOrder {
  readonly order: readonly string[];
  readonly waves: readonly (readonly string[])[];
}

/**
 * The order in which services start: each after all it depends on. `services` picks some of them (default: all); those left out
 * still carry their dependencies through. A cycle is refused with its path (`BATON-PLAN-CYCLE`).
 */
export function platformOrder(
  platform: Platform,
  services: readonly string[] = Object.keys(platform.services),
  places: Places = noPlaces,
): Result<PlatformOrder> {
  const dependsOn = (service: string) => platform.services[service]?.dependsOn ?? [];
  const { order, cycle } = topologicalOrder(Object.keys(platform.services), dependsOn);
  if (cycle !== null) {
    const [first = ""] = cycle;
    return failed({
      code: "BATON-PLAN-CYCLE",
      message: `Services depend on each other in a ring: ${cyclePath(cycle)}.`,
      remedy: "A service cannot wait for itself. Remove one of the `dependsOn` entries on this path.",
      where: places(pathOf(["services", first, "dependsOn"]), "key"),
      details: { cycle: [...cycle] },
    });
  }
  const wanted = new Set(services);
  const depth = new Map<string, number>();
  for (const service of order) {
    const before = dependsOn(service).map((name) => depth.get(name) ?? 0);
    depth.set(service, Math.max(0, ...before) + (wanted.has(service) ? 1 : 0));
  }
  const waves: string[][] = [];
  for (const service of order.filter((name) => wanted.has(name))) {
    const wave = (depth.get(service) ?? 1) - 1;
    waves[wave] = [...(waves[wave] ?? []), service];
  }
  return ok({ order: waves.flat(), waves });
}
