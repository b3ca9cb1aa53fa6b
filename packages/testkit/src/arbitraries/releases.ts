import { MIGRATION_STAGES, type Platform, Release } from "@baton/core";
import fc from "fast-check";

const tenantTemplate = ["$", "{tenant}"].join("");

/**
 * Releases that compile on a platform: a new version of its first service, a migration through some of its stages, free
 * phases that run beside each other, a hold, and behind it contract and retire. What differs: which stages, how many free steps and
 * phases, what waits for what, limits.
 */
export const releasesFor = (platform: Platform): fc.Arbitrary<Release> =>
  fc
    .record({
      service: fc.constantFrom(...Object.keys(platform.services)),
      stages: fc.subarray(["dual-write", "backfill", "fence", "sweep"] as const),
      // Shares rise: a shift that would take some back is refused when its turn comes.
      percents: fc
        .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 2 })
        .map((percents) => percents.toSorted((a, b) => a - b)),
      contract: fc.boolean(),
      free: fc.array(freePhase(), { maxLength: 3 }),
      units: fc.integer({ min: 1, max: 5 }),
      perHost: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ service, stages, percents, contract, free, units, perHost }) =>
      Release.parse({
        release: "R2",
        from: "R1",
        title: "Sample release",
        channel: "Preview",
        limits: { units, perHost },
        budgets: { rollbackMinutes: 600 },
        services: { [service]: { version: "2.0.0", command: ["main.ts"], health: { path: "/health" } } },
        migrations: { reshape: "migrations/reshape" },
        phases: [
          prepare(service),
          ...free.map((steps, index) => ({ id: `free-${index}`, after: ["prepare"], steps })),
          ringPhase(service, stages, percents, free.length),
          {
            id: "hold",
            hold: true,
            steps: [{ id: "approval", kind: "gate.approval", with: { role: "approver" } }],
          },
          ...(contract ? [contractPhase(service)] : []),
        ],
      }),
    );

const prepare = (service: string) => ({
  id: "prepare",
  steps: [
    { id: "keys", kind: "keys.create", each: "tenants", with: { key: `key-${tenantTemplate}` } },
    { id: "deploy", kind: "service.deploy", with: { service } },
  ],
});

/** Bakes that wait for earlier ones of their phase: a small DAG. */
const freePhase = () =>
  fc
    .array(
      fc.record({
        seconds: fc.integer({ min: 0, max: 9 }),
        after: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
      }),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((picks) =>
      picks.map(({ seconds, after }, index) => ({
        id: `bake-${index}`,
        kind: "gate.bake",
        with: { seconds },
        after: [...new Set(after.filter((pick) => pick < index))].map((pick) => `bake-${pick}`),
      })),
    );

function ringPhase(service: string, stages: readonly string[], percents: readonly number[], free: number) {
  const chosen = new Set(["expand", ...stages, "verify", "switch"]);
  const migrate = MIGRATION_STAGES.filter((stage) => chosen.has(stage)).map((stage) => ({
    id: stage,
    kind: "tenants.migrate",
    each: "tenants",
    with: { migration: "reshape", stage },
  }));
  const shifts = [...percents, 100].map((percent) => ({
    id: `shift-${percent}`,
    kind: "traffic.shift",
    each: "tenants",
    with: { service, percent },
  }));
  const after = ["prepare", ...Array.from({ length: free }, (_, index) => `free-${index}`)];
  return {
    id: "ring",
    each: "rings",
    after,
    steps: [...migrate.slice(0, 1), ...shifts, ...migrate.slice(1)],
  };
}

const contractPhase = (service: string) => ({
  id: "contract",
  steps: [
    {
      id: "old-shape",
      kind: "tenants.migrate",
      each: "tenants",
      with: { migration: "reshape", stage: "contract" },
    },
    { id: "retire", kind: "service.retire", with: { service } },
  ],
});
