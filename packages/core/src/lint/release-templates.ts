import { joinPath, pathOf } from "../documents/path.ts";
import type { Json } from "../json.ts";
import { templatesIn } from "../plan/templates.ts";
import type { Problem } from "../problem.ts";
import type { ReleaseFacts, ReleaseRule } from "./release-facts.ts";
import { checkTemplates, type TemplateNames } from "./template-names.ts";

/** Templates name what is there: services, databases and secrets of the platform, a tenant only where a step has one. */
export const checkReleaseTemplates: ReleaseRule = (facts) => {
  const inServices = Object.entries(facts.release.services).flatMap(([service, body]) =>
    Object.entries(body.env).flatMap(([name, text]) =>
      checkText(text, pathOf(["services", service, "env", name]), [], facts),
    ),
  );
  const inSteps = facts.release.phases.flatMap((phase, phaseIndex) =>
    phase.steps.flatMap((step, stepIndex) => {
      const local = ["release"];
      if (phase.each === "rings") local.push("ring");
      if (step.each === "tenants") local.push("tenant");
      const path = `phases[${phaseIndex}].steps[${stepIndex}].with`;
      return textsIn(step.with, path).flatMap(([text, at]) => checkText(text, at, local, facts));
    }),
  );
  return [...inServices, ...inSteps];
};

function checkText(
  text: string,
  path: string,
  local: readonly string[],
  facts: ReleaseFacts,
): readonly Problem[] {
  const { platform, release, present, places } = facts;
  if (platform !== null) {
    const versions: TemplateNames["versions"] = (service) =>
      present === null
        ? null
        : [release.services[service]?.version, present[service]].filter((version) => version !== undefined);
    return checkTemplates(text, path, { platform, versions, local }, places);
  }
  return templatesIn(text).flatMap((name): Problem[] => {
    if (!["tenant", "ring", "release"].includes(name) || local.includes(name)) return [];
    return [
      {
        code: "BATON-TEMPLATE-NAME",
        message: `\`\${${name}}\` has no value here.`,
        remedy: REMEDIES[name] ?? "Use it in `with` only.",
        where: places(path),
      },
    ];
  });
}

const REMEDIES: Readonly<Record<string, string>> = {
  tenant: "It has one in the `with` of a step with `each: tenants`.",
  ring: "It has one in the `with` of a phase with `each: rings`.",
};

/** Every text in a value, with its path. */
function textsIn(value: Json, path: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[value, path]];
  if (Array.isArray(value))
    return value.flatMap((item: Json, index) => textsIn(item, joinPath(path, `[${index}]`)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, joinPath(path, pathOf([key]))));
}
