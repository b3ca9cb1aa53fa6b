import { z } from "zod";
import { json } from "../route/answer.ts";
import { get, post } from "../route/route.ts";
import { OfRun, OfRunTenant, PlanHash, Reason, Seconds, Time } from "../shapes/common.ts";
import { ProblemBody } from "../shapes/problem.ts";
import { RunBody } from "../shapes/run.ts";

const group = "Actions on a run";
const at = (action: string) => `/v1/environments/{environment}/runs/{run}/${action}`;

/** What a person can say to a run. */
export const RunAction = z.enum([
  "approve",
  "approve-gate",
  "pause",
  "resume",
  "abort",
  "emergency-stop",
  "rollback",
  "rollback-tenant",
  "retry",
  "skip",
  "done",
  "scope",
  "drive",
]);
export type RunAction = z.infer<typeof RunAction>;

const Step = z.string().min(1).max(200);
const Tenant = z.string().min(1).max(200);

export const ActionDone = z
  .strictObject({
    action: RunAction,
    /** A conductor was started for it, because nobody drove the run and somebody must. */
    launched: z.boolean(),
    run: RunBody,
  })
  .meta({ id: "ActionDone", description: "It is journaled; the run as it stands then." });

export const ActionPreview = z
  .strictObject({
    action: RunAction,
    needs: z.enum(["operate", "approve"]),
    /** Whether whoever asks has the right. */
    permitted: z.boolean(),
    /** Why it would not count now; null: it would. */
    refusal: ProblemBody.nullable(),
    /** What it will do, a sentence each. */
    does: z.array(z.string()),
    /** Effects it brings about, ends, or takes back. */
    steps: z.array(
      z.strictObject({
        step: z.string(),
        title: z.string(),
        what: z.enum([
          "begins",
          "comes-to-its-outcome",
          "is-aborted",
          "is-undone",
          "is-tried-again",
          "counts-as-done",
          "waits",
        ]),
        tenants: z.int(),
        /** By the plan's estimates; null where nobody can say. */
        seconds: Seconds.nullable(),
      }),
    ),
    /** How long all of it takes, by the estimates; null where nobody can say. */
    seconds: Seconds.nullable(),
    /** The state of the journal that this was computed from. */
    position: z.int(),
    at: Time,
  })
  .meta({ id: "ActionPreview", description: "What an action would do now." });

const refusals = ["BATON-RUN-UNKNOWN", "BATON-RUN-ENDED"] as const;
const done = json(ActionDone);

export const actionRoutes = {
  listActions: get("listActions", {
    path: at("actions"),
    group,
    summary: "Tells of each action on the whole run whether it would count now, and what it would do.",
    needs: "view",
    params: OfRun,
    answer: json(z.strictObject({ items: z.array(ActionPreview) })),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
  previewAction: get("previewAction", {
    path: at("actions/{action}"),
    group,
    summary: "Tells what one action would do now, with the step or tenant it would be about.",
    needs: "view",
    params: OfRun.extend({ action: RunAction }),
    query: z.strictObject({
      step: Step.exactOptional(),
      tenant: Tenant.exactOptional(),
      ring: Step.exactOptional(),
    }),
    answer: json(ActionPreview),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
  approveRun: post("approveRun", {
    path: at("approve"),
    group,
    summary:
      "Approves a run's plan, by the hash that was looked at. Whoever opened the run may not, where duties are separated.",
    needs: "approve",
    params: OfRun,
    body: z.strictObject({ planHash: PlanHash }),
    answer: done,
    problems: [...refusals, "BATON-APPROVAL-HASH", "BATON-APPROVAL-AUTHOR", "BATON-APPROVAL-PERSON"],
  }),
  approveGate: post("approveGate", {
    path: at("approve-gate"),
    group,
    summary: "Lets a run past an approval gate it waits at.",
    needs: "approve",
    params: OfRun,
    body: z.strictObject({ step: Step, planHash: PlanHash }),
    answer: done,
    problems: [
      ...refusals,
      "BATON-RUN-NO-APPROVAL",
      "BATON-APPROVAL-HASH",
      "BATON-APPROVAL-AUTHOR",
      "BATON-APPROVAL-PERSON",
    ],
  }),
  pauseRun: post("pauseRun", {
    path: at("pause"),
    group,
    summary: "Lets nothing more begin; what is under way comes to its outcome.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ reason: Reason }),
    answer: done,
    problems: [...refusals, "BATON-RUN-PAUSED", "BATON-RUN-STOPPING"],
  }),
  resumeRun: post("resumeRun", {
    path: at("resume"),
    group,
    summary: "Lets a paused run go on.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({}),
    answer: done,
    problems: [...refusals, "BATON-RUN-NOT-PAUSED"],
  }),
  abortRun: post("abortRun", {
    path: at("abort"),
    group,
    summary: "Stops a run where it is: what is under way comes to its outcome, nothing more begins.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ reason: Reason }),
    answer: done,
    problems: [...refusals, "BATON-RUN-STOPPING"],
  }),
  emergencyStop: post("emergencyStop", {
    path: at("emergency-stop"),
    group,
    summary: "Stops a run at once: what is under way is aborted.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ reason: Reason }),
    answer: done,
    problems: [...refusals, "BATON-RUN-STOPPING"],
  }),
  rollbackRun: post("rollbackRun", {
    path: at("rollback"),
    group,
    summary: "Takes a run back: what it did is undone in reverse; every acknowledged write stays readable.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ reason: Reason }),
    answer: done,
    problems: ["BATON-RUN-UNKNOWN", "BATON-RUN-NO-RETURN", "BATON-RUN-ROLLED-BACK", "BATON-RUN-SUPERSEDED"],
  }),
  rollbackTenant: post("rollbackTenant", {
    path: at("tenants/{tenant}/rollback"),
    group,
    summary: "Takes one tenant back; the others stay or go on, and it is parked until it is retried.",
    needs: "operate",
    params: OfRunTenant,
    body: z.strictObject({ reason: Reason }),
    answer: done,
    problems: [...refusals, "BATON-RUN-SUPERSEDED"],
  }),
  retryRun: post("retryRun", {
    path: at("retry"),
    group,
    summary:
      "Gives a failed step, a parked tenant, or all that failed its tries back; a run that ended goes on.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ step: Step.exactOptional(), tenant: Tenant.exactOptional() }),
    answer: done,
    problems: [...refusals, "BATON-RUN-SUPERSEDED"],
  }),
  skipStep: post("skipStep", {
    path: at("skip"),
    group,
    summary:
      "Lets a run go on without a step that has no effect on data or traffic, or without one tenant's share of it.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ step: Step, tenant: Tenant.exactOptional(), reason: Reason }),
    answer: done,
    problems: [...refusals],
  }),
  declareDone: post("declareDone", {
    path: at("done"),
    group,
    summary:
      "Says that a step's effect was brought about by hand; it counts where the step's action observes it.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ step: Step, tenant: Tenant.exactOptional(), evidence: Reason }),
    answer: done,
    problems: [...refusals, "BATON-ACTION-NOT-PRESENT", "BATON-ACTION-UNKNOWN"],
  }),
  setScope: post("setScope", {
    path: at("scope"),
    group,
    summary: "Lets a run go as far as a ring or one tenant of it; without either, the whole way.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({ ring: Step.exactOptional(), tenant: Tenant.exactOptional() }),
    answer: done,
    problems: [...refusals],
  }),
  driveRun: post("driveRun", {
    path: at("drive"),
    group,
    summary:
      "Has a run driven that nobody drives: starts a conductor for it. Where somebody drives it, nothing is done.",
    needs: "operate",
    params: OfRun,
    body: z.strictObject({}),
    answer: done,
    problems: [...refusals, "BATON-RUN-MOVED"],
  }),
};
