import { knownNames } from "../documents/nearest.ts";
import { pathOf } from "../documents/path.ts";
import type { Problem } from "../problem.ts";
import { portsIn } from "./release-duplicates.ts";
import type { ReleaseRule } from "./release-facts.ts";

/** Services of a release are services of the platform and take no port that another service is known by. */
export const checkServices: ReleaseRule = ({ release, platform, places }) => {
  if (platform === null) return [];
  const unknown = Object.keys(release.services)
    .filter((service) => platform.services[service] === undefined)
    .map(
      (service): Problem => ({
        code: "BATON-RELEASE-SERVICE",
        message: `The platform has no service \`${service}\`.`,
        remedy: `Add it to platform.yaml first. ${knownNames("services", service, Object.keys(platform.services))}`,
        where: places(pathOf(["services", service]), "key"),
      }),
    );
  const taken = portsIn(release.services).flatMap(({ what, path }): Problem[] => {
    const owner = portsIn(platform.services).find((port) => port.what === what);
    if (owner === undefined || owner.path.split(".")[1] === path.split(".")[1]) return [];
    return [
      {
        code: "BATON-RELEASE-PORT",
        message: `Port ${what} belongs to another service: \`${owner.path}\` of platform.yaml.`,
        remedy: "Choose a free port number.",
        where: places(path),
      },
    ];
  });
  return [...unknown, ...taken];
};
