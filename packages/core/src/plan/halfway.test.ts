import { compileInputs } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogue } from "../actions/catalogue.ts";
import type { World } from "../actions/definition.ts";
import { TrafficShiftInput } from "../actions/kinds/traffic-shift.ts";
import { emptyWorld, enter, stateOf } from "../actions/world.ts";
import { instanceId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { type Weights, weightsAt } from "../model/weights.ts";
import { ProblemError, type Result } from "../problem.ts";
import { type CompileInput, compilePlan, type Superseding } from "./compile.ts";
import { indexPlan } from "./index-plan.ts";

const OLD = "1.0.0";
const NEW = "2.0.0";
const LEFT = ["1.5.0", "1.6.0"] as const;

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

/** A route as a run may have left it: any versions, in any shares, the new one among them where a mended release goes on. */
const route: fc.Arbitrary<Weights> = fc.oneof(
  fc.constantFrom(OLD, ...LEFT, NEW).map((version) => ({ [version]: 100 })),
  fc
    .tuple(fc.uniqueArray(fc.constantFrom(OLD, ...LEFT), { minLength: 1 }), fc.integer({ min: 0, max: 99 }))
    .map(([versions, percent]) =>
      weightsAt(Object.fromEntries(versions.map((version) => [version, 50])), NEW, percent),
    ),
);

interface Scene {
  readonly input: CompileInput;
  readonly service: string;
  readonly routes: Readonly<Record<string, Weights>>;
  readonly superseding: Superseding;
}

/** A sound release over a platform that a run left somewhere between two releases: tenants anywhere, versions that nobody uses. */
const scenes = (): fc.Arbitrary<Scene> =>
  compileInputs().chain((input) => {
    const service = Object.keys(input.release.services)[0] ?? "";
    const ids = input.observed.tenants.map(({ id }) => id);
    return fc
      .record({
        picks: fc.array(route, { minLength: ids.length, maxLength: ids.length }),
        idle: fc.subarray([...LEFT]),
      })
      .map(({ picks, idle }) => {
        const routes = Object.fromEntries(ids.map((id, at) => [id, picks[at] ?? { [OLD]: 100 }]));
        const used = Object.values(routes).flatMap((weights) => Object.keys(weights));
        const running = { [service]: [...new Set([OLD, ...idle, ...used])].sort() };
        const facts = { run: "r2-20261121-a1b2c3", routes: { [service]: routes }, running };
        const whole = unwrap(compilePlan({ ...input, superseding: { ...facts, settled: new Set() } }));
        return { input, service, routes, superseding: { ...facts, settled: settledIn(whole, routes) } };
      });
  });

/** Shares that a tenant's route has already, or has left behind. */
function settledIn(plan: Plan, routes: Scene["routes"]): ReadonlySet<string> {
  return new Set(
    plan.steps.flatMap((step) => {
      const input = step.kind === "traffic.shift" ? TrafficShiftInput.parse(step.input) : null;
      if (input === null) return [];
      const there = step.units.filter((unit) => (routes[unit]?.[NEW] ?? 0) >= input.percent);
      return there.map((unit) => `${step.id}/${unit}`);
    }),
  );
}

const planOf = ({ input, superseding }: Scene): Plan => unwrap(compilePlan({ ...input, superseding }));

const at = (world: World, service: string, tenant: string): Weights =>
  (stateOf(world, `route:${service}/${tenant}`) ?? {}) as Weights;

/** What is there when the run begins. */
const observed = ({ service, routes, superseding }: Scene): World => {
  const routed = Object.entries(routes).reduce(
    (world, [tenant, weights]) => enter(world, `route:${service}/${tenant}`, { ...weights }),
    emptyWorld,
  );
  return (superseding.running[service] ?? []).reduce(
    (world, version) => enter(world, `service:${instanceId(service, version)}`, "running"),
    routed,
  );
};

interface Effect {
  readonly step: Plan["steps"][number];
  readonly unit: string;
}

/** All the effects of a plan in an order it allows. */
const effectsOf = (plan: Plan): readonly Effect[] => {
  const { order, steps } = indexPlan(plan);
  return order.flatMap((id) => {
    const step = steps.get(id);
    return step === undefined ? [] : step.units.map((unit) => ({ step, unit }));
  });
};

const play = (world: World, { step, unit }: Effect, direction: "do" | "undo"): World =>
  catalogue.get(step.kind)?.model(world, step.input, unit, direction) ?? world;

/** Without the new version's own instance: the model has no `before`, by which a deploy leaves alone what ran already. */
const routesAndServices = (world: World) =>
  Object.fromEntries(
    [...world].filter(([subject]) => /^(route|service):/.test(subject) && !subject.endsWith(`@${NEW}`)),
  );

describe("a plan that supersedes, wherever each tenant was found", () => {
  test("ends with every tenant on the new version, and its rollback exactly where each was", () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        const before = observed(scene);
        const effects = effectsOf(planOf(scene));
        const after = effects.reduce((world, effect) => play(world, effect, "do"), before);
        for (const tenant of Object.keys(scene.routes))
          expect(at(after, scene.service, tenant)).toEqual({ [NEW]: 100 });
        const back = effects.toReversed().reduce((world, effect) => play(world, effect, "undo"), after);
        expect(routesAndServices(back)).toEqual(routesAndServices(before));
      }),
    );
  });

  test("from any step in between the rollback ends there as well", () => {
    fc.assert(
      fc.property(scenes(), fc.nat(), (scene, pick) => {
        const before = observed(scene);
        const effects = effectsOf(planOf(scene));
        const begun = effects.slice(0, effects.length === 0 ? 0 : pick % effects.length);
        const there = begun.reduce((world, effect) => play(world, effect, "do"), before);
        const back = begun.toReversed().reduce((world, effect) => play(world, effect, "undo"), there);
        expect(routesAndServices(back)).toEqual(routesAndServices(before));
      }),
    );
  });

  test("on the way no tenant goes to a version it was not found on, but for the new one, whose share never falls", () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        let world = observed(scene);
        for (const effect of effectsOf(planOf(scene))) {
          const share = at(world, scene.service, effect.unit)[NEW] ?? 0;
          world = play(world, effect, "do");
          if (effect.step.kind !== "traffic.shift") continue;
          const now = at(world, scene.service, effect.unit);
          const known = [NEW, ...Object.keys(scene.routes[effect.unit] ?? {})];
          for (const version of Object.keys(now)) expect(known).toContain(version);
          expect(now[NEW] ?? 0).toBeGreaterThan(share);
          expect(Object.values(now).reduce((sum, one) => sum + one, 0)).toBe(100);
        }
      }),
    );
  });

  test("retires all that runs but the new version, where the release retires, and nothing under anybody", () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        const { service, superseding, routes } = scene;
        const plan = planOf(scene);
        let world = observed(scene);
        for (const effect of effectsOf(plan)) {
          const { kind, input } = effect.step;
          if (kind === "service.retire")
            for (const tenant of Object.keys(routes))
              expect(at(world, service, tenant)[String(input.version)] ?? 0).toBe(0);
          world = play(world, effect, "do");
        }
        const retires = plan.steps.some(({ kind }) => kind === "service.retire");
        const stopped = (superseding.running[service] ?? []).filter(
          (version) => stateOf(world, `service:${instanceId(service, version)}`) === "stopped",
        );
        const expected = (superseding.running[service] ?? []).filter((version) => version !== NEW);
        expect(stopped).toEqual(retires ? expected : []);
      }),
    );
  });

  test("has another hash where one tenant was found elsewhere", () => {
    fc.assert(
      fc.property(scenes(), route, fc.nat(), (scene, other, pick) => {
        const ids = Object.keys(scene.routes);
        const tenant = ids[pick % Math.max(1, ids.length)];
        if (tenant === undefined) return;
        const routes = { ...scene.routes, [tenant]: other };
        const superseding = { ...scene.superseding, routes: { [scene.service]: routes } };
        const same = JSON.stringify(other) === JSON.stringify(scene.routes[tenant]);
        const hash = (plan: Superseding) => unwrap(compilePlan({ ...scene.input, superseding: plan })).hash;
        expect(hash(superseding) === hash(scene.superseding)).toBe(same);
      }),
    );
  });
});
