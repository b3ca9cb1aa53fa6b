import { streams } from "@baton/conductor";
import { routes } from "@baton/contracts";
import { catalogue, type Problem, SOLE_UNIT, type StoredEvent, tenantStates } from "@baton/core";
import { ApiError, must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import type { Parts } from "../parts.ts";
import { stepBodies, stepBody, unitBody } from "../views/run-steps.ts";
import { fanOuts, tenantColumns } from "../views/run-tenants.ts";
import { runLister } from "./list-runs.ts";
import { numberCursor, pageOf } from "./paging.ts";

/** Runs, as they stand and as they went. */
export function runHandlers({ json }: Registrar, parts: Parts): void {
  const { session, runs, follower } = parts;
  const { journal } = session;
  const listed = runLister(parts);
  json(routes.listRuns, async ({ params: { environment }, query }) => listed(environment, query));

  json(routes.getRun, async ({ params: { environment, run } }) =>
    parts.tell(must(await runs.get(environment, run))),
  );

  json(routes.listRunSteps, async ({ params: { environment, run } }) => {
    const { loaded } = must(await runs.get(environment, run));
    return { items: [...stepBodies(loaded)], nextCursor: null };
  });

  json(routes.getRunStep, async ({ params: { environment, run, step: id }, query }) => {
    const { loaded } = must(await runs.get(environment, run));
    const step = loaded.index.steps.get(id);
    if (step === undefined) throw new ApiError(noStep(run, id));
    const progress = must(await journal.loadProgress(run));
    const page = pageOf(step.units, query, (unit) => unit);
    return {
      step: stepBody(loaded, step),
      input: step.input,
      effect: step.effect,
      does: catalogue.get(step.kind)?.summary ?? `A step of the kind ${step.kind}.`,
      units: { ...page, items: page.items.map((unit) => unitBody(loaded, step, unit, progress)) },
    };
  });

  json(routes.getRunTenants, async ({ params: { environment, run } }) =>
    tenantColumns(must(await runs.get(environment, run)).loaded, follower.now()),
  );

  json(routes.getRunTenant, async ({ params: { environment, run, tenant: id } }) => {
    const { loaded } = must(await runs.get(environment, run));
    const tenant = loaded.plan.tenants.find((one) => one.id === id);
    if (tenant === undefined) throw new ApiError(noTenant(run, id));
    const progress = must(await journal.loadProgress(run));
    return {
      run,
      tenant: id,
      ring: tenant.ring,
      standing: tenantStates(loaded.index, loaded.state).get(id) ?? "pending",
      parked: loaded.state.parked.get(id) ?? null,
      steps: fanOuts(loaded)
        .filter(({ units }) => units.includes(id))
        .map((step) => {
          const {
            status,
            direction,
            failures,
            problem,
            progress: figures,
          } = unitBody(loaded, step, id, progress);
          return {
            step: step.id,
            title: step.title,
            status,
            direction,
            failures,
            problem,
            progress: figures,
          };
        }),
    };
  });

  json(routes.listRunEvents, async ({ params: { environment, run }, query }) => {
    must(await runs.get(environment, run));
    const { limit, cursor, step, tenant } = query;
    const fits = (stored: StoredEvent) => isAbout(stored, "step", step) && isAbout(stored, "unit", tenant);
    const items: StoredEvent[] = [];
    let position = numberCursor(cursor, 0);
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = must(await journal.read(streams.run(run), position, PAGE));
      for (const stored of page) {
        position = stored.position;
        if (fits(stored)) items.push(stored);
        if (items.length === limit) return { items, nextCursor: String(position) };
      }
      if (page.length < PAGE) return { items, nextCursor: null };
    }
    return { items, nextCursor: String(position) };
  });
}

/** How much a request looks through at the most; the cursor leads on from there. */
const PAGE = 1_000;
const MOST_PAGES = 10;

/** Whether an event names this; without a name every event does. A tenant is a unit, or is named itself. */
function isAbout({ data }: StoredEvent, field: "step" | "unit", name: string | undefined): boolean {
  if (name === undefined) return true;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return false;
  const fields = data as Readonly<Record<string, unknown>>;
  if (fields[field] === name) return true;
  return field === "unit" && name !== SOLE_UNIT && fields.tenant === name;
}

const noStep = (run: string, step: string): Problem => ({
  code: "BATON-RUN-NO-STEP",
  message: `The plan of ${run} has no step ${step}.`,
  remedy: "See its steps beside the run, at …/steps.",
  details: { run, step },
});

const noTenant = (run: string, tenant: string): Problem => ({
  code: "BATON-RUN-NO-TENANT",
  message: `The plan of ${run} has no tenant ${tenant}.`,
  remedy: "See its tenants beside the run, at …/tenants.",
  details: { run, tenant },
});
