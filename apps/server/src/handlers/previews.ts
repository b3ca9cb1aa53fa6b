import { readAccess } from "@baton/conductor";
import { type ActionPreview, type RunAction, routes } from "@baton/contracts";
import {
  actorOf,
  mannerOf,
  type Preview,
  type Principal,
  type Proposal,
  previewAction,
  separationRefusal,
  stepState,
} from "@baton/core";
import type { z } from "zod";
import { ApiError, must } from "../api/api-error.ts";
import type { Call, Registrar } from "../api/registrar.ts";
import type { KnownRun } from "../live/run-store.ts";
import type { Parts } from "../parts.ts";

type PreviewBody = z.output<typeof ActionPreview>;
type Named = { readonly step?: string; readonly tenant?: string; readonly ring?: string };

/** Actions on the whole run, in the order people are offered them. */
const WHOLE = [
  "approve",
  "approve-gate",
  "pause",
  "resume",
  "retry",
  "rollback",
  "abort",
  "emergency-stop",
  "drive",
] as const;

/** What each action would do, before anybody does it. */
export function previewHandlers({ json }: Registrar, parts: Parts): void {
  json(routes.listActions, async (call) => {
    const { environment, run } = call.params;
    const known = must(await parts.afresh(environment, run));
    const items: PreviewBody[] = [];
    for (const action of WHOLE) {
      const proposal = proposalOf(known, action, {});
      if (proposal !== null) items.push(await preview(parts, known, proposal, call));
    }
    return { items };
  });

  json(routes.previewAction, async (call) => {
    const { environment, run, action } = call.params;
    const known = must(await parts.afresh(environment, run));
    const proposal = proposalOf(known, action, call.query);
    if (proposal === null) throw new ApiError(incomplete(action));
    return preview(parts, known, proposal, call);
  });
}

/** What is proposed; null where the action needs a step or a tenant that was not named. */
function proposalOf({ loaded }: KnownRun, action: RunAction, named: Named): Proposal | null {
  const { step, tenant, ring } = named;
  switch (action) {
    case "approve-gate": {
      const gate = step ?? openGate(loaded);
      return gate === null ? null : { action, step: gate };
    }
    case "rollback-tenant":
      return tenant === undefined ? null : { action, tenant };
    case "retry":
      return { action, step: step ?? null, tenant: tenant ?? null };
    case "skip":
    case "done":
      return step === undefined ? null : { action, step, tenant: tenant ?? null };
    case "scope":
      return { action, ring: ring ?? null, tenant: tenant ?? null };
    default:
      return { action };
  }
}

/** The first gate that nobody has approved; null where there is none. */
const openGate = ({ plan, state }: KnownRun["loaded"]): string | null =>
  plan.steps.find((step) => mannerOf(step) === "approval" && stepState(state, step.id).approvedBy === null)
    ?.id ?? null;

const NEEDS = (action: RunAction) =>
  action === "approve" || action === "approve-gate" ? ("approve" as const) : ("operate" as const);

async function preview(
  parts: Parts,
  known: KnownRun,
  proposal: Proposal,
  { params, principal, request }: Pick<Call<typeof routes.listActions>, "params" | "principal" | "request">,
): Promise<PreviewBody> {
  const { index, state, position } = known.loaded;
  const now = parts.follower.now();
  const needs = NEEDS(proposal.action);
  const may = await request.server.authorise(principal, needs, params.environment);
  const told: Preview = previewAction(index, state, now, proposal);
  const separated = needs === "approve" && principal !== null ? await ownPlan(parts, known, principal) : null;
  const refusal = told.refusal ?? separated;
  return {
    action: proposal.action,
    needs,
    permitted: may.ok,
    refusal,
    does: [...told.does],
    steps: [...told.steps],
    seconds: told.seconds,
    position,
    at: now,
  };
}

/** Why whoever looks may not approve this run: they opened it, and duties are separated. */
async function ownPlan({ session }: Parts, { listed }: KnownRun, principal: Principal) {
  const { separationOfDuties, environment } = session.definition.platform;
  if (!separationOfDuties) return null;
  const access = must(await readAccess(session.journal, environment));
  return separationRefusal(access.state, listed.by, actorOf(principal));
}

const incomplete = (action: RunAction) => ({
  code: "BATON-API-INPUT" as const,
  message: `A preview of ${action} needs to know what it is about.`,
  remedy: action === "rollback-tenant" ? "Name the tenant: ?tenant=ID." : "Name the step: ?step=PHASE.STEP.",
  where: { path: action === "rollback-tenant" ? "query.tenant" : "query.step" },
});
