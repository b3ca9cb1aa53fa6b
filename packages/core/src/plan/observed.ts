import { knownNames } from "../documents/nearest.ts";
import { pathOf } from "../documents/path.ts";
import { noPlaces, type Places } from "../documents/places.ts";
import type { Platform } from "../model/platform.ts";
import type { Release } from "../model/release.ts";
import type { Tenant } from "../model/tenant.ts";
import type { Problem } from "../problem.ts";

/** A migration's folder as found. */
export interface MigrationFolder {
  /** Relative to the platform folder. */
  readonly path: string;
  /** SHA-256 over its files, hex; null when the folder is not there. */
  readonly digest: string | null;
  /** Whether it names what takes its contract back. */
  readonly reversible?: boolean;
}

/** What compile knows when it looks at the world. */
export interface Observed {
  readonly platform: Platform;
  readonly release: Release;
  readonly places: Places;
  readonly platformPlaces?: Places;
  readonly observed: { readonly tenants: readonly Tenant[] };
  readonly migrations: Readonly<Record<string, MigrationFolder>>;
}

/** What the release and the world do not agree on: the release before, rings, tenants, folders of migrations. */
export const checkObserved = (input: Observed): readonly Problem[] => [
  ...checkFrom(input),
  ...checkRings(input),
  ...checkTenants(input),
  ...checkFolders(input),
];

function checkFrom({ release, places }: Observed): readonly Problem[] {
  if (release.from !== undefined) return [];
  return [
    {
      code: "BATON-RELEASE-FROM",
      message: `Release ${release.release} does not say which release it follows, so there is nothing to plan from.`,
      remedy: "Add `from: R1` (the release in service), or bring the first release up with `baton up`.",
      where: places("from"),
    },
  ];
}

/** A phase that repeats takes the rings' names; another phase must not have the same. */
function checkRings({ platform, release, places }: Observed): readonly Problem[] {
  const repeating = release.phases.filter((phase) => phase.each === "rings").map((phase) => phase.id);
  if (repeating.length === 0) return [];
  const rings = new Set(platform.tenants.rings);
  const clashes = release.phases.flatMap((phase, index): Problem[] => {
    if (phase.each === "rings" || !rings.has(phase.id)) return [];
    return [
      {
        code: "BATON-RELEASE-DUPLICATE",
        message: `Phase \`${phase.id}\` has the name of a ring, which \`${repeating[0]}\` takes when it repeats.`,
        remedy: "Give the phase another id.",
        where: places(`phases[${index}].id`),
      },
    ];
  });
  const second = release.phases.findIndex((phase) => phase.each === "rings" && phase.id !== repeating[0]);
  if (second < 0) return clashes;
  const twice: Problem = {
    code: "BATON-RELEASE-DUPLICATE",
    message: `Two phases repeat ring by ring, \`${repeating[0]}\` and \`${repeating[1]}\`; both would take the rings' names.`,
    remedy: "Make them one phase.",
    where: places(`phases[${second}].each`, "key"),
  };
  return [...clashes, twice];
}

function checkTenants({ platform, observed, platformPlaces = noPlaces }: Observed): readonly Problem[] {
  const rings = platform.tenants.rings;
  const seen = new Set<string>();
  return observed.tenants.flatMap((tenant): Problem[] => {
    const problems: Problem[] = [];
    if (seen.has(tenant.id)) {
      problems.push({
        code: "BATON-PLAN-TENANT",
        message: `Tenant \`${tenant.id}\` is listed twice.`,
        remedy: "Have the query under `tenants.query` of platform.yaml return each tenant once.",
        where: platformPlaces("tenants.query.sql"),
      });
    }
    seen.add(tenant.id);
    if (!rings.includes(tenant.ring)) {
      problems.push({
        code: "BATON-PLAN-RING",
        message: `Tenant \`${tenant.id}\` is in ring \`${tenant.ring}\`, which the platform does not have.`,
        remedy: `Move the tenant to a ring of platform.yaml, or add the ring there. ${knownNames("rings", tenant.ring, rings)}`,
        where: platformPlaces("tenants.rings"),
      });
    }
    return problems;
  });
}

/** Every migration of a release has its folder (`BATON-RELEASE-MIGRATION`). */
export function checkFolders({
  release,
  migrations,
  places,
}: Pick<Observed, "release" | "migrations" | "places">): readonly Problem[] {
  return Object.entries(release.migrations).flatMap(([name, path]): Problem[] => {
    const folder = migrations[name];
    if (folder !== undefined && folder.digest !== null) return [];
    return [
      {
        code: "BATON-RELEASE-MIGRATION",
        message: `Migration \`${name}\` has no folder at \`${folder?.path ?? path}\`.`,
        remedy:
          "Correct the path (it is relative to the release's folder), or add the folder with its migration.yaml.",
        where: places(pathOf(["migrations", name])),
      },
    ];
  });
}
