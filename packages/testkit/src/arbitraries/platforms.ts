import { Platform, type Tenant } from "@baton/core";
import fc from "fast-check";

const RINGS = ["internal", "pilot", "general", "late"] as const;

/** Sound platforms: one to five services that depend on earlier ones only, ports of their own, one to four rings. */
export const platforms = (): fc.Arbitrary<Platform> =>
  fc
    .record({
      services: fc.array(fc.array(fc.nat({ max: 4 }), { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      rings: fc.integer({ min: 1, max: RINGS.length }),
    })
    .map(({ services, rings }) =>
      Platform.parse({
        platform: "sample",
        title: "Sample",
        secrets: ["traffic-token"],
        databases: { shared: "sample_shared" },
        services: Object.fromEntries(
          services.map((picks, index) => [`svc-${index}`, serviceOf(index, picks)]),
        ),
        tenants: {
          query: { database: "shared", sql: "select id, ring, database from tenants" },
          rings: RINGS.slice(0, rings),
        },
        traffic: {
          adapter: "gateway-http",
          url: ["$", "{service.svc-0.url}"].join(""),
          tokenSecret: "traffic-token",
        },
      }),
    );

const serviceOf = (index: number, picks: readonly number[]) => ({
  title: `Service ${index}`,
  ports: { http: 9000 + index },
  dependsOn: [...new Set(picks.filter((pick) => pick < index))].map((pick) => `svc-${pick}`),
});

/** Tenants of a platform, none to `max`, spread over its rings and over two database hosts; some rings may stay empty. */
export const tenantsOf = (platform: Platform, max = 12): fc.Arbitrary<readonly Tenant[]> =>
  fc
    .array(
      fc.record({ ring: fc.constantFrom(...platform.tenants.rings), host: fc.constantFrom("db-1", "db-2") }),
      { maxLength: max },
    )
    .chain((picks) => {
      const tenants = picks.map((pick, index) => ({
        id: `t-${index}`,
        database: `sample_t_${index}`,
        ...pick,
      }));
      return fc.shuffledSubarray(tenants, { minLength: tenants.length });
    });
