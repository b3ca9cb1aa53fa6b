import type { Catalogue } from "../actions/catalogue.ts";
import type { Places } from "../documents/places.ts";
import { inFileOrder, lintRelease } from "../lint/lint-release.ts";
import type { Plan, PlanPhase } from "../model/plan.ts";
import type { Platform } from "../model/platform.ts";
import type { Release } from "../model/release.ts";
import type { Tenant } from "../model/tenant.ts";
import { failed, ok, type Problem, type Result } from "../problem.ts";
import { assumptionsOf } from "./assumptions.ts";
import { type CompiledSteps, compileSteps, fillText } from "./compile-steps.ts";
import { estimatePlan } from "./estimates.ts";
import { type ExpandedPhase, expandRelease } from "./expand.ts";
import { planHash, type Sha256 } from "./hash.ts";
import { indexPlan } from "./index-plan.ts";
import { checkObserved, type MigrationFolder } from "./observed.ts";
import { provePlan } from "./proofs.ts";

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
  /** The run that stopped half-way and whose place this one takes, with what it left in place: `step/tenant`. */
  readonly superseding?: { readonly run: string; readonly settled: ReadonlySet<string> };
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
  const phases = expandRelease(release, platform.tenants.rings);
  const tenants = inRingOrder(observed.tenants, platform.tenants.rings);
  const context = { release, places, catalogue, present: observed.services, migrations: input.migrations };
  // Proved is the whole way; what was settled before is left out of what is done, not out of what must hold.
  const compiled = compileSteps(phases, tenants, release.limits, context);
  problems.push(...compiled.problems);

  const { superseding } = input;
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
    assumptions: assumptionsOf(observed.services, platform.tenants.rings, tenants, foldersOf(input)),
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  const proved = { ...whole, estimates: estimatePlan(indexPlan(whole)) };
  problems.push(...provePlan({ index: indexPlan(proved), release, places, paths: compiled.paths }));
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
  { run, settled }: NonNullable<CompileInput["superseding"]>,
  compile: (settled: ReadonlySet<string>) => CompiledSteps,
): Plan {
  const { steps, paths } = compile(settled);
  const left = whole.steps
    .flatMap((step) => (step.fanOut ? step.units.map((unit) => `${step.id}/${unit}`) : []))
    .filter((unit) => settled.has(unit));
  const assumption = {
    subject: `superseded:${run}`,
    value: [...left].sort(),
    text: `${run} stopped half-way and left ${left.length} units in place: they are not done again, and a rollback leaves them.`,
  };
  const draft = {
    ...whole,
    steps: [...steps],
    phases: phases.map((phase) => toPlanPhase(phase, paths, whole.release)),
    assumptions: [...whole.assumptions, assumption],
  };
  return { ...draft, estimates: estimatePlan(indexPlan(draft)) };
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
