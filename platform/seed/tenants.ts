/** A tenant to provision. */
export interface SeedTenant {
  readonly id: string;
  readonly ring: "internal" | "pilot" | "general";
}

const NAMED: readonly SeedTenant[] = [
  { id: "dcoder", ring: "internal" },
  { id: "aster", ring: "pilot" },
  { id: "birch", ring: "pilot" },
  { id: "cedar", ring: "pilot" },
  { id: "dahlia", ring: "general" },
  { id: "elm", ring: "general" },
  { id: "fern", ring: "general" },
  { id: "grove", ring: "general" },
  { id: "hazel", ring: "general" },
  { id: "iris", ring: "general" },
  { id: "juniper", ring: "general" },
  { id: "kelp", ring: "general" },
];

/** The demonstration's twelve tenants; or, for a benchmark, `count` of them in rings of the same proportions. */
export function seedTenants(count: number | null): readonly SeedTenant[] {
  if (count === null) return NAMED;
  return Array.from({ length: count }, (_, n) => ({
    id: `t${String(n + 1).padStart(3, "0")}`,
    ring: n === 0 ? "internal" : n <= Math.ceil(count / 4) ? "pilot" : "general",
  }));
}
