import { knownNames } from "../documents/nearest.ts";
import { joinPath } from "../documents/path.ts";
import type { Problem } from "../problem.ts";
import type { CompileContext } from "./definition.ts";

/** Refuses a service that this release does not bring (`BATON-RELEASE-SERVICE`). */
export function checkReleaseService(service: string, context: CompileContext): readonly Problem[] {
  const services = Object.keys(context.release.services);
  if (services.includes(service)) return [];
  return [
    {
      code: "BATON-RELEASE-SERVICE",
      message: `Release ${context.release.release} brings no service \`${service}\`.`,
      remedy: `Add it under \`services\`, or name one that is there. ${knownNames("services", service, services)}`,
      where: { path: joinPath(context.path, "service") },
    },
  ];
}

/** Refuses a service of which no version was in service before (`BATON-RELEASE-PRESENT`). Nothing to say before observing. */
export function checkPresent(service: string, context: CompileContext): readonly Problem[] {
  if (context.present === null || context.present[service] !== undefined) return [];
  return [
    {
      code: "BATON-RELEASE-PRESENT",
      message: `No version of \`${service}\` is in service, so there is nothing to move away from.`,
      remedy: "Start the release before this one first (`baton up`), or take the step out.",
      where: { path: joinPath(context.path, "service") },
    },
  ];
}

/** Refuses a version that is not the one the release or the environment implies (`BATON-RELEASE-VERSION`). */
export function checkVersion(
  field: string,
  written: string | undefined,
  implied: string | undefined,
  context: CompileContext,
): readonly Problem[] {
  if (written === undefined || implied === undefined || written === implied) return [];
  return [
    {
      code: "BATON-RELEASE-VERSION",
      message: `\`${field}\` is ${written}, but here it can only be ${implied}.`,
      remedy: `Leave \`${field}\` out; the plan fills it in.`,
      where: { path: joinPath(context.path, field) },
    },
  ];
}

/** Refuses to leave a version for itself (`BATON-RELEASE-VERSION`): the step would take the new version away. */
export function checkNewVersion(service: string, context: CompileContext): readonly Problem[] {
  const coming = context.release.services[service]?.version;
  if (coming === undefined || context.present?.[service] !== coming) return [];
  return [
    {
      code: "BATON-RELEASE-VERSION",
      message: `\`${service}\` ${coming} is in service already, so there is no older version to leave.`,
      remedy: "Raise the version of the service in this release, or take the step out.",
      where: { path: joinPath(context.path, "service") },
    },
  ];
}
