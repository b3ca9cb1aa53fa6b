import { leftoverVersions } from "../model/halfway.ts";
import type { Assumption, Plan } from "../model/plan.ts";
import { type Weights, withoutZeros } from "../model/weights.ts";
import { namesInWords } from "../run/words.ts";
import { canonicalJson } from "./canonical.ts";
import type { Superseding } from "./compile.ts";

/** Names of tenants that a sentence holds. */
const NAMED = 5;

/** What a superseding plan takes for granted besides: where tenants were found, what runs beside, and what is in place. */
export const halfwayAssumptions = (whole: Plan, superseding: Superseding): readonly Assumption[] => [
  ...routesFound(whole, superseding),
  ...leftRunning(whole, superseding),
  inPlace(whole, superseding),
];

/** `platform-api 1.0.0 50 %, 2.0.0 50 %`; a whole share is the version alone. */
export const weightsInWords = (service: string, weights: Weights): string => {
  const shares = Object.entries(withoutZeros(weights));
  const words = shares.map(([version, share]) => (share === 100 ? version : `${version} ${share} %`));
  return `${service} ${words.join(", ")}`;
};

function routesFound({ tenants }: Plan, { routes }: Superseding): readonly Assumption[] {
  const services = Object.keys(routes).sort();
  return services.map((service) => {
    const groups = new Map<string, { readonly weights: Weights; readonly tenants: string[] }>();
    for (const { id } of tenants) {
      const found = routes[service]?.[id];
      if (found === undefined) continue;
      const weights = withoutZeros(found);
      const key = canonicalJson(weights);
      const group = groups.get(key) ?? { weights, tenants: [] };
      group.tenants.push(id);
      groups.set(key, group);
    }
    const found = [...groups.values()];
    const words = found.map(
      (one) => `${weightsInWords(service, one.weights)}: ${namesInWords(one.tenants, NAMED)}`,
    );
    return {
      subject: `routes:${service}`,
      value: found.map((one) => ({ weights: { ...one.weights }, tenants: one.tenants })),
      text: `Tenants were found at ${words.join("; ")}.`,
    };
  });
}

/** What runs beside the version before the release and the one it brings, and whether the release retires it. */
function leftRunning(whole: Plan, superseding: Superseding): readonly Assumption[] {
  const services = Object.keys(superseding.running).sort();
  return services.flatMap((service): Assumption[] => {
    const before = whole.assumptions.find(({ subject }) => subject === `service:${service}`)?.value;
    const known = [typeof before === "string" ? before : undefined, whole.services[service]?.version];
    const left = leftoverVersions(superseding, service, ...known);
    if (left.length === 0) return [];
    const retired = (version: string) =>
      whole.steps.some(
        ({ kind, input }) =>
          kind === "service.retire" && input.service === service && input.version === version,
      );
    const words = left.map((version) => `${version}, which ${retired(version) ? "is retired" : "stays"}`);
    return [
      {
        subject: `running:${service}`,
        value: [...left],
        text: `${service} was found running in ${words.join(", and in ")}.`,
      },
    ];
  });
}

function inPlace(whole: Plan, { run, settled }: Superseding): Assumption {
  const left = whole.steps
    .flatMap((step) => (step.fanOut ? step.units.map((unit) => `${step.id}/${unit}`) : []))
    .filter((unit) => settled.has(unit));
  return {
    subject: `superseded:${run}`,
    value: left,
    text: `${run} stopped half-way and left ${left.length} units in place: they are not done again, and a rollback leaves them.`,
  };
}
