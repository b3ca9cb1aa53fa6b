import { knownNames } from "../documents/nearest.ts";
import { pathOf } from "../documents/path.ts";
import type { Places } from "../documents/places.ts";
import type { Platform } from "../model/platform.ts";
import { platformOrder } from "../plan/platform-order.ts";
import type { Problem } from "../problem.ts";
import { fieldOf, findDuplicates, type Mention } from "./duplicates.ts";
import { inFileOrder } from "./lint-release.ts";
import { portsIn } from "./release-duplicates.ts";
import { checkTemplates } from "./template-names.ts";

/** All that is wrong with a platform whose fields are right, in the order of the file. */
export function lintPlatform(platform: Platform, places: Places): readonly Problem[] {
  const order = platformOrder(platform, undefined, places);
  return inFileOrder([
    ...findPlatformDuplicates(platform, places),
    ...checkReferences(platform, places),
    ...checkPlatformTemplates(platform, places),
    ...(order.ok ? [] : order.problems),
  ]);
}

/** Ports and rings, each of which may stand once. Works on raw data. */
export function findPlatformDuplicates(data: unknown, places: Places): readonly Problem[] {
  const workloadPort = fieldOf(fieldOf(data, "workload"), "port");
  const ports: Mention[] = [...portsIn(fieldOf(data, "services"))];
  if (typeof workloadPort === "number") ports.push({ what: workloadPort, path: "workload.port" });
  const rings = fieldOf(fieldOf(data, "tenants"), "rings");
  const ringMentions = (Array.isArray(rings) ? rings : []).flatMap((what: unknown, index): Mention[] =>
    typeof what === "string" ? [{ what, path: `tenants.rings[${index}]` }] : [],
  );
  return [
    ...findDuplicates(ports, "BATON-PLATFORM-PORT", "Port", "Give each port a number of its own.", places),
    ...findDuplicates(ringMentions, "BATON-PLATFORM-RING", "Ring", "Name each ring once.", places),
  ];
}

/** Services, databases and secrets that are named are there. */
function checkReferences(platform: Platform, places: Places): readonly Problem[] {
  const services = Object.keys(platform.services);
  const dependsOn = Object.entries(platform.services).flatMap(([service, body]) =>
    body.dependsOn.map((name, index) => ({ name, path: pathOf(["services", service, "dependsOn", index]) })),
  );
  const tokens = Object.keys(platform.keys.tokens).map((name) => ({
    name,
    path: pathOf(["keys", "tokens", name]),
  }));
  const token = { name: platform.traffic.tokenSecret, path: "traffic.tokenSecret" };
  const database = { name: platform.tenants.query.database, path: "tenants.query.database" };
  const placed = Object.entries(platform.databases).flatMap(([name, entry]) =>
    typeof entry === "string"
      ? []
      : [{ ...entry, path: (field: string) => pathOf(["databases", name, field]) }],
  );
  const servers = placed.map(({ server, path }) => ({ name: server, path: path("server") }));
  const owners = placed.flatMap(({ owner, path }) =>
    owner === undefined ? [] : [{ name: owner, path: path("owner") }],
  );
  return [
    ...unknownNames(dependsOn, services, "service", places),
    ...unknownNames([...tokens, token], platform.secrets, "secret", places),
    ...unknownNames([database, ...owners], Object.keys(platform.databases), "database", places),
    ...unknownNames(servers, Object.keys(platform.servers), "server", places),
  ];
}

function unknownNames(
  mentions: readonly { readonly name: string; readonly path: string }[],
  known: readonly string[],
  noun: string,
  places: Places,
): readonly Problem[] {
  return mentions
    .filter(({ name }) => !known.includes(name))
    .map(({ name, path }) => ({
      code: "BATON-PLATFORM-NAME",
      message: `The platform has no ${noun} \`${name}\`.`,
      remedy: knownNames(`${noun}s`, name, known),
      where: places(path),
    }));
}

function checkPlatformTemplates(platform: Platform, places: Places): readonly Problem[] {
  const names = { platform, versions: () => [], local: [] };
  const helpers = (["seed", "workload"] as const).flatMap((helper) =>
    Object.entries(platform[helper]?.env ?? {}).flatMap(([name, text]) =>
      checkTemplates(text, pathOf([helper, "env", name]), names, places),
    ),
  );
  return [...checkTemplates(platform.traffic.url, "traffic.url", names, places), ...helpers];
}
