import { type CompileInput, catalogue, compilePlan, noPlaces, type Plan, ProblemError } from "@baton/core";
import fc from "fast-check";
import { platforms, tenantsOf } from "./platforms.ts";
import { releasesFor } from "./releases.ts";
import { sha256 } from "./sha256.ts";

/** Everything a plan is compiled from, sound by construction. */
export const compileInputs = (): fc.Arbitrary<CompileInput> =>
  platforms().chain((platform) =>
    fc
      .record({ release: releasesFor(platform), tenants: tenantsOf(platform) })
      .map(({ release, tenants }) => ({
        platform,
        release,
        places: noPlaces,
        observed: {
          tenants,
          services: Object.fromEntries(Object.keys(platform.services).map((service) => [service, "1.0.0"])),
        },
        migrations: { reshape: { path: "releases/R2/migrations/reshape", digest: sha256("reshape") } },
        catalogue,
        sha256,
      })),
  );

/** Plans as `compilePlan` makes them. Throws where a sound input does not compile: that is a fault of the arbitrary or of core. */
export const compiledPlans = (): fc.Arbitrary<Plan> =>
  compileInputs().map((input) => {
    const plan = compilePlan(input);
    if (!plan.ok) throw new ProblemError(...plan.problems);
    return plan.value;
  });
