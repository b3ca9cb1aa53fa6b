import { pathOf } from "../documents/path.ts";
import type { Places } from "../documents/places.ts";
import type { Problem } from "../problem.ts";
import { fieldOf, findDuplicates, type Mention, mentionsIn } from "./duplicates.ts";

/** Phase ids, step ids within a phase, and ports of the services, each of which may stand once. Works on raw data. */
export function findReleaseDuplicates(data: unknown, places: Places): readonly Problem[] {
  const phases = fieldOf(data, "phases");
  const steps = (Array.isArray(phases) ? phases : []).flatMap((phase: unknown, index) =>
    findDuplicates(
      mentionsIn(fieldOf(phase, "steps"), `phases[${index}].steps`, "id"),
      "BATON-RELEASE-DUPLICATE",
      "Step id",
      "Give each step of a phase an id of its own.",
      places,
    ),
  );
  return [
    ...findDuplicates(
      mentionsIn(phases, "phases", "id"),
      "BATON-RELEASE-DUPLICATE",
      "Phase id",
      "Give each phase an id of its own.",
      places,
    ),
    ...steps,
    ...findDuplicates(
      portsIn(fieldOf(data, "services")),
      "BATON-RELEASE-PORT",
      "Port",
      "Give each port a number of its own.",
      places,
    ),
  ];
}

/** Every port number under `services` in raw data, with its path. */
export function portsIn(services: unknown): readonly Mention[] {
  if (typeof services !== "object" || services === null) return [];
  return Object.entries(services).flatMap(([service, body]) => {
    const ports = fieldOf(body, "ports");
    if (typeof ports !== "object" || ports === null) return [];
    return Object.entries(ports).flatMap(([name, what]: [string, unknown]) =>
      typeof what === "number" ? [{ what, path: pathOf(["services", service, "ports", name]) }] : [],
    );
  });
}
