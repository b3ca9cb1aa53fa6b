import {
  catalogue,
  estimatePlan,
  indexPlan,
  type Plan,
  planHash,
  Release,
  SOLE_UNIT,
  type Tenant,
} from "@baton/core";
import fc from "fast-check";
import { sha256 } from "./sha256.ts";

/** How large a free plan may grow. */
export interface PlanSize {
  readonly steps?: number;
  readonly tenants?: number;
}

/**
 * Plans of any shape that `decide` must cope with: steps of every kind that wait for any earlier ones, fan-outs over some of the
 * tenants, perhaps a hold, tight or loose limits. Valid by the schema, not proved: what a release could never say is in here too.
 */
export const freePlans = (size: PlanSize = {}): fc.Arbitrary<Plan> => {
  const tenants = tenantsFor(size.tenants ?? 6);
  return fc
    .record({
      steps: fc.array(freeStep(tenants), { minLength: 1, maxLength: size.steps ?? 8 }),
      hold: fc.option(fc.nat({ max: 7 }), { nil: null }),
      limits: fc.record({
        units: fc.integer({ min: 1, max: 4 }),
        perHost: fc.integer({ min: 1, max: 4 }),
        attempts: fc.integer({ min: 1, max: 3 }),
        backoffSeconds: fc.constantFrom(0.5, 1, 2),
        failureBudget: fc.integer({ min: 0, max: 2 }),
      }),
      onFailure: fc.constantFrom("rollback" as const, "wait" as const),
      onParked: fc.constantFrom("finish" as const, "wait" as const),
    })
    .map(({ steps, hold, ...rest }) => assemble(steps, hold, tenants, rest));
};

type PlanStep = Plan["steps"][number];
type FreeStep = Pick<PlanStep, "kind" | "input" | "units" | "fanOut" | "undo" | "effect"> & {
  readonly waitsFor: readonly number[];
};
type Body = Pick<PlanStep, "kind" | "input">;

const tenantsFor = (count: number): Tenant[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `t-${index}`,
    ring: "all",
    database: `sample_t_${index}`,
    host: index % 2 === 0 ? "db-1" : "db-2",
  }));

/** Stages that can be taken back; contract is left to compiled plans, where it stands behind its hold. */
const STAGES = ["expand", "dual-write", "backfill", "fence", "verify", "switch"] as const;

const bodies = (): fc.Arbitrary<Body> =>
  fc.oneof(
    fc.nat({ max: 20 }).map((seconds): Body => ({ kind: "gate.bake", input: { seconds } })),
    fc.constant<Body>({ kind: "gate.approval", input: { role: "approver" } }),
    fc.constant<Body>({ kind: "check.http", input: { url: "http://127.0.0.1/health", expect: 200 } }),
    fc.constant<Body>({ kind: "service.deploy", input: { service: "svc-0", version: "2.0.0" } }),
    fc
      .constantFrom(...STAGES)
      .map((stage): Body => ({ kind: "tenants.migrate", input: { migration: "reshape", stage } })),
  );

function freeStep(tenants: readonly Tenant[]): fc.Arbitrary<FreeStep> {
  const ids = tenants.map((tenant) => tenant.id);
  return fc
    .record({
      body: bodies(),
      units: fc.subarray(ids, { minLength: Math.min(1, ids.length) }),
      waitsFor: fc.array(fc.nat({ max: 99 }), { maxLength: 3 }),
    })
    .map(({ body, units, waitsFor }) => {
      const definition = catalogue.get(body.kind);
      if (definition === undefined) throw new Error(`${body.kind} is not in the catalogue`);
      const fanOut = definition.fanOut === "required" && units.length > 0;
      return {
        ...body,
        waitsFor,
        units: fanOut ? units : [SOLE_UNIT],
        fanOut,
        undo: definition.undo(body.input),
        effect: definition.effect(body.input),
      };
    });
}

function assemble(
  free: readonly FreeStep[],
  hold: number | null,
  tenants: readonly Tenant[],
  rest: Pick<Plan, "limits" | "onFailure" | "onParked">,
): Plan {
  const phaseOf = (index: number) =>
    hold === null || index < hold ? "before" : index === hold ? "hold" : "behind";
  const idOf = (index: number) => `${phaseOf(index)}.s${index}`;
  const steps = free.map(({ waitsFor, ...step }, index) => {
    const earlier = waitsFor.flatMap((pick) => (index === 0 ? [] : idOf(pick % index)));
    const gated = hold !== null && index > hold ? [idOf(hold)] : [];
    const seconds = { seconds: 1, undoSeconds: 1 };
    const title = `${step.kind} ${index}`;
    return {
      id: idOf(index),
      phase: phaseOf(index),
      title,
      after: [...new Set([...earlier, ...gated])],
      ...step,
      ...seconds,
    };
  });
  const phases = ["before", "hold", "behind"].map((id) => ({
    id,
    title: id,
    ring: id === "before" ? "all" : null,
    hold: id === "hold",
    steps: steps.filter((step) => step.phase === id).map((step) => step.id),
  }));
  const services = Release.parse({
    release: "R2",
    title: "-",
    channel: "GA",
    services: { "svc-0": { version: "2.0.0", command: ["main.ts"], health: { path: "/health" } } },
  }).services;
  const draft: Plan = {
    format: 1,
    platform: "sample",
    environment: "local",
    release: "R2",
    from: "R1",
    title: "Free plan",
    author: null,
    hash: "",
    rings: ["all"],
    tenants: [...tenants],
    services,
    migrations: { reshape: { path: "migrations/reshape", digest: sha256("reshape") } },
    ...rest,
    phases: phases.filter((phase) => phase.steps.length > 0),
    steps,
    assumptions: [],
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  const estimated = { ...draft, estimates: estimatePlan(indexPlan(draft)) };
  return { ...estimated, hash: planHash(estimated, sha256) };
}
