import { knownNames } from "../documents/nearest.ts";
import type { Places } from "../documents/places.ts";
import type { Platform } from "../model/platform.ts";
import { templatesIn } from "../plan/templates.ts";
import type { Problem } from "../problem.ts";

/** What templates may name at some place. */
export interface TemplateNames {
  readonly platform: Platform;
  /** Versions of a service that may be named besides the first started; null where that is not known yet. */
  readonly versions: (service: string) => readonly string[] | null;
  /** Names that are filled by the plan here: `tenant`, `ring`, `release`. */
  readonly local: readonly string[];
}

const FIXED = ["keys.url", "dir.state", "dir.platform"];
const SERVICE =
  /^service\.([a-z][a-z0-9-]*?)(?:@(\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+)?))?(?:\.([a-z][a-z0-9-]*))?\.(url|port)$/;

/** Refuses templates that name nothing (`BATON-TEMPLATE-NAME`). */
export function checkTemplates(
  text: string,
  path: string,
  names: TemplateNames,
  places: Places,
): readonly Problem[] {
  return templatesIn(text).flatMap((name): Problem[] => {
    const remedy = remedyFor(name, names);
    if (remedy === null) return [];
    return [
      {
        code: "BATON-TEMPLATE-NAME",
        message: `\`\${${name}}\` names nothing that is known here.`,
        remedy,
        where: places(path),
      },
    ];
  });
}

/** Null where the name is known, else what to do. */
function remedyFor(name: string, { platform, versions, local }: TemplateNames): string | null {
  if (FIXED.includes(name) || local.includes(name)) return null;
  const [area = "", ...rest] = name.split(".");
  const tail = rest.join(".");
  if (area === "secret") return oneOf("secrets", tail, platform.secrets);
  if (area === "database") return oneOf("databases", tail, Object.keys(platform.databases));
  const match = SERVICE.exec(name);
  if (match === null) {
    const all = ["secret.NAME", "database.NAME", "service.NAME.url", ...FIXED, ...local];
    return `Known templates: ${all.join(", ")}.`;
  }
  const [, service = "", version, port] = match;
  const known = platform.services[service];
  if (known === undefined) return oneOf("services", service, Object.keys(platform.services));
  if (port !== undefined && !Object.hasOwn(known.ports, port))
    return oneOf("ports", port, Object.keys(known.ports));
  const there = version === undefined ? null : versions(service);
  return version === undefined || there === null ? null : oneOf("versions", version, there);
}

const oneOf = (what: string, name: string, known: readonly string[]): string | null =>
  known.includes(name) ? null : knownNames(what, name, known);
