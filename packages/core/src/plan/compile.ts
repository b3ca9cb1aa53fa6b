import type { Catalogue } from "../actions/catalogue.ts";
import type { Places } from "../documents/places.ts";
import { inFileOrder, lintRelease } from "../lint/lint-release.ts";
import type { Halfway } from "../model/halfway.ts";
import type { Plan, PlanPhase } from "../model/plan.ts";
import type { Platform } from "../model/platform.ts";
import type { Release } from "../model/release.ts";
import type { Tenant } from "../model/tenant.ts";
import { failed, ok, type Problem, type Result } from "../problem.ts";
import { assumptionsOf } from "./assumptions.ts";
import { type CompiledSteps, compileSteps, fillText } from "./compile-steps.ts";
import { estimatePlan } from "./estimates.ts";
import { type ExpandedPhase, expandRelease } from "./expand.ts";
import { halfwayAssumptions } from "./halfway-assumptions.ts";
import { planHash, type Sha256 } from "./hash.ts";
import { indexPlan } from "./index-plan.ts";
import { retireLeftovers } from "./leftovers.ts";
import { checkObserved, type MigrationFolder } from "./observed.ts";
import { provePlan } from "./proofs.ts";
import { proveRoutes } from "./prove-routes.ts";

/** The run whose place another one takes, and what is there since it stopped. */
export interface Superseding extends Halfway {
  readonly run: string;
  /** What of this plan's fan-outs is in place: `step/tenant`. Empty while nobody has looked. */
  readonly settled: ReadonlySet<string>;
}

/** All a plan follows from. The same input gives the same plan, byte for byte. */
export interface CompileInput {
  readonly platform: Platform;
  readonly release: Release;
  /** Places in the release's file, and in the platform's where that was read too. */
  readonly places: Places;
  readonly platformPlaces?: Places;
  readonly observed: {
    /** In any order; the plan sorts them by ring and id. */
    readonly tenants: readonly Tenant[];
    /** Version in service before this release, by service. */
    readonly services: Readonly<Record<string, string>>;
  };
  /** Where a run that stopped half-way is superseded. */
  readonly superseding?: Superseding;
  /** The folders of the release's migrations, by name. */
  readonly migrations: Readonly<Record<string, MigrationFolder>>;
  readonly catalogue: Catalogue;
  readonly sha256: Sha256;
}

const NO_GRAPH: ReadonlySet<string> = new Set(["BATON-PLAN-CYCLE", "BATON-RELEASE-DUPLICATE"]);

/** Compiles a release into a plan and proves it, or says all that stands in the way. */
export function compilePlan(input: CompileInput): Result<Plan> {
  const { platform, release, places, observed, catalogue } = input;
  const facts = { release, places, catalogue, platform, present: observed.services };
  const problems: Problem[] = [...lintRelease(facts), ...checkObserved(input)];
  // Steps that wait in a ring or share a name make no graph; with everything else wrong the proofs still have something to say.
  if (problems.some(({ code }) => NO_GRAPH.has(code))) return failed(...inFileOrder(problems));
  const { superseding } = input;
  const expanded = expandRelease(release, platform.tenants.rings);
  const phases = superseding ? retireLeftovers(expanded, release, observed.services, superseding) : expanded;
  const tenants = inRingOrder(observed.tenants, platform.tenants.rings);
  const context = {
    ...{ release, places, catalogue, present: observed.services, migrations: input.migrations },
    ...(superseding === undefined ? {} : { halfway: superseding }),
  };
  // Proved is the whole way; what was settled before is left out of what is done, not out of what must hold.
  const compiled = compileSteps(phases, tenants, release.limits, context);
  problems.push(...compiled.problems);

  const whole: Plan = {
    format: 1,
    platform: platform.platform,
    environment: platform.environment,
    release: release.release,
    from: release.from ?? "",
    ...(superseding === undefined ? {} : { supersedes: superseding.run }),
    title: release.title,
    author: release.author ?? null,
    hash: "",
    rings: [...platform.tenants.rings],
    tenants,
    services: release.services,
    migrations: foldersOf(input),
    limits: release.limits,
    budgets: {
      rollbackMinutes: release.budgets.rollbackMinutes,
      rollbackAfterHoldMinutes: release.budgets.rollbackAfterHoldMinutes,
    },
    onFailure: release.onFailure,
    onParked: release.onParked,
    phases: phases.map((phase) => toPlanPhase(phase, compiled.paths, release.release)),
    steps: [...compiled.steps],
    assumptions: assumptionsOf({
      ...inService(input),
      rings: platform.tenants.rings,
      tenants,
      migrations: foldersOf(input),
    }),
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  const proved = { ...whole, estimates: estimatePlan(indexPlan(whole)) };
  const provable = { index: indexPlan(proved), release, places, paths: compiled.paths };
  problems.push(...provePlan(provable));
  if (superseding) problems.push(...proveRoutes(provable, observed.services, superseding));
  if (problems.length > 0) return failed(...inFileOrder(problems));
  const draft =
    superseding === undefined
      ? proved
      : fromObserved(whole, phases, superseding, (settled) =>
          compileSteps(phases, tenants, release.limits, context, settled),
        );
  return ok({ ...draft, hash: planHash(draft, input.sha256) });
}

/** The plan without what the superseded run left in place, which a rollback then leaves there too; it says so. */
function fromObserved(
  whole: Plan,
  phases: readonly ExpandedPhase[],
  superseding: Superseding,
  compile: (settled: ReadonlySet<string>) => CompiledSteps,
): Plan {
  const { steps, paths } = compile(superseding.settled);
  const draft = {
    ...whole,
    steps: [...steps],
    phases: phases.map((phase) => toPlanPhase(phase, paths, whole.release)),
    assumptions: [...whole.assumptions, ...halfwayAssumptions(whole, superseding)],
  };
  return { ...draft, estimates: estimatePlan(indexPlan(draft)) };
}

/** The versions before the release, and those of them that were seen to run no more, which only a stopped run explains. */
function inService({ observed: { services }, superseding }: CompileInput) {
  const ended = Object.entries(services).filter(
    ([service, version]) => superseding?.running[service]?.includes(version) === false,
  );
  return { services, ended: ended.map(([service]) => service) };
}

/** Tenants ring by ring in the platform's order, by id within a ring. One in no ring, or listed again, is a finding and no tenant. */
function inRingOrder(tenants: readonly Tenant[], rings: readonly string[]): Tenant[] {
  const rank = (tenant: Tenant) => rings.indexOf(tenant.ring);
  const once = new Map(tenants.filter((tenant) => rank(tenant) >= 0).map((tenant) => [tenant.id, tenant]));
  return [...once.values()].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The folders of the release's own migrations that are there. */
function foldersOf({ release, migrations }: CompileInput): Plan["migrations"] {
  return Object.fromEntries(
    Object.keys(release.migrations).flatMap((name) => {
      const folder = migrations[name];
      return folder === undefined || folder.digest === null
        ? []
        : [[name, { path: folder.path, digest: folder.digest }]];
    }),
  );
}

function toPlanPhase(phase: ExpandedPhase, kept: ReadonlyMap<string, string>, release: string): PlanPhase {
  const values = { release, ...(phase.ring === null ? {} : { ring: phase.ring }) };
  return {
    id: phase.id,
    title: phase.phase.title === undefined ? inWords(phase.id) : fillText(phase.phase.title, values),
    ring: phase.ring,
    hold: phase.phase.hold,
    steps: phase.steps.map((step) => step.id).filter((id) => kept.has(id)),
  };
}

/** `early-adopters` as a title: `Early adopters`. */
const inWords = (id: string): string => `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll("-", " ")}`;
