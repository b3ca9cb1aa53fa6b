import { ServiceRetireInput } from "../actions/kinds/service-retire.ts";
import { type Halfway, leftoverVersions } from "../model/halfway.ts";
import type { Release } from "../model/release.ts";
import type { ExpandedPhase, ExpandedStep } from "./expand.ts";

/**
 * A step that retires the version before the release retires what a stopped run has left of the same service as well, in steps of
 * their own right before it: where the release says that nobody needs the old one any more, nobody needs those.
 */
export const retireLeftovers = (
  phases: readonly ExpandedPhase[],
  release: Release,
  present: Readonly<Record<string, string>>,
  halfway: Halfway,
): readonly ExpandedPhase[] =>
  phases.map((phase) => ({
    ...phase,
    steps: phase.steps.flatMap((one) => withLeftovers(one, release, present, halfway)),
  }));

function withLeftovers(
  one: ExpandedStep,
  release: Release,
  present: Readonly<Record<string, string>>,
  halfway: Halfway,
): readonly ExpandedStep[] {
  const input = one.step.kind === "service.retire" ? ServiceRetireInput.safeParse(one.step.with) : null;
  if (!input?.success) return [one];
  const { service } = input.data;
  const coming = release.services[service]?.version;
  const { title: _title, ...untitled } = one.step;
  const more = leftoverVersions(halfway, service, present[service], coming).map(
    (version): ExpandedStep => ({
      ...one,
      id: `${one.id}-${version}`,
      step: { ...untitled, with: { service, version } },
    }),
  );
  return more.length === 0 ? [one] : [...more, { ...one, after: more.map(({ id }) => id) }];
}
