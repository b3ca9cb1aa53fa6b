import { ancestorsOf } from "../plan/ancestors.ts";
import { type ExpandedPhase, type ExpandedStep, expandRelease } from "../plan/expand.ts";
import type { Problem } from "../problem.ts";
import type { ReleaseRule } from "./release-facts.ts";

interface Placed extends ExpandedStep {
  readonly ring: string | null;
}

/**
 * A backup of tenants comes before every migration of the same tenants (`BATON-RELEASE-BACKUP`): one made later, or at a moment
 * that nothing fixes, may hold what the migration has made of them, and is none to go back to.
 */
export const checkBackups: ReleaseRule = ({ release, places, platform }) => {
  const phases = expandRelease(release, platform?.tenants.rings ?? null);
  const steps = placed(phases);
  const ofKind = (kind: string): readonly Placed[] => steps.filter(({ step }) => step.kind === kind);
  const index = { steps: new Map(steps.map((one) => [one.id, one])) };
  return ofKind("tenants.backup").flatMap((backup): readonly Problem[] => {
    const early = ofKind("tenants.migrate").find(
      (migrate) => share(backup, migrate) && !ancestorsOf(index, migrate.id).has(backup.id),
    );
    if (early === undefined) return [];
    const after = ancestorsOf(index, backup.id).has(early.id);
    const where = places(`${backup.path}.kind`);
    return [
      {
        code: "BATON-RELEASE-BACKUP",
        message: `The backup \`${backup.id}\` ${after ? "comes after" : "is not ordered before"} \`${early.id}\`, which migrates the same tenants.`,
        remedy: "Move the backup ahead of every `tenants.migrate` of these tenants.",
        ...(where === undefined ? {} : { where }),
      },
    ];
  });
};

const placed = (phases: readonly ExpandedPhase[]): readonly Placed[] =>
  phases.flatMap(({ ring, steps }) => steps.map((step) => ({ ...step, ring })));

/** Whether two steps may work on one tenant: they do unless each is of a ring of its own. */
const share = (a: Placed, b: Placed): boolean => a.ring === null || b.ring === null || a.ring === b.ring;
