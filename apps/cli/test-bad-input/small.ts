import type { Place } from "./place.ts";

/** Five tenants with a few prompts each, databases of the test's own name, and a run that loses no time. */
export async function makeSmall(place: Place, prefix: string): Promise<void> {
  await place.edit("platform.yaml", (t) =>
    t
      .replace("shared: dcoder_shared", `shared: ${prefix}shared`)
      .replace("database: dcoder_tenants", `database: ${prefix}tenants`)
      .replace("  command: [seed/main.ts]\n  env:\n", '$&    TENANTS: "5"\n    PROMPTS: "6"\n'),
  );
  for (const release of ["R1", "R2"])
    await place.edit(`releases/${release}/release.yaml`, (t) =>
      t.replace("      TENANT_ROLE_SECRET:", `      TENANT_DATABASE_PREFIX: ${prefix}t_\n$&`),
    );
  await place.edit("releases/R2/release.yaml", (t) =>
    t
      .replace("attempts: 4, backoffSeconds: 1", "attempts: 2, backoffSeconds: 0.2")
      .replace("kind: gate.bake, with: { seconds: 2 }", "kind: gate.bake, with: { seconds: 1 }"),
  );
}
