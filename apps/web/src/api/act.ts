import type { Result } from "@baton/core";
import { answered } from "./answer.ts";
import { client } from "./client.ts";
import type { RunAction } from "./types.ts";

/** A verb that somebody says to a run. */
export interface Act {
  readonly environment: string;
  readonly run: string;
  /** Of the plan that was looked at: an approval counts for no other. */
  readonly planHash: string;
  readonly action: RunAction;
  /** The reason or the evidence, where the verb asks for one. */
  readonly words: string;
  readonly step?: string;
  readonly tenant?: string;
}

/** Says it to the server. Sent twice under the same key it counts once. */
export function act(said: Act, idempotencyKey: string): Promise<unknown> {
  return answered(sending(said, { idempotencyKey }));
}

function sending(said: Act, options: { readonly idempotencyKey: string }): Promise<Result<unknown>> {
  const { environment, run, planHash, words: reason } = said;
  const step = said.step ?? "";
  const share = said.tenant === undefined ? {} : { tenant: said.tenant };
  const params = { environment, run };
  switch (said.action) {
    case "approve":
      return client.approveRun({ params, body: { planHash } }, options);
    case "approve-gate":
      return client.approveGate({ params, body: { step, planHash } }, options);
    case "pause":
      return client.pauseRun({ params, body: { reason } }, options);
    case "resume":
      return client.resumeRun({ params, body: {} }, options);
    case "abort":
      return client.abortRun({ params, body: { reason } }, options);
    case "emergency-stop":
      return client.emergencyStop({ params, body: { reason } }, options);
    case "rollback":
      return client.rollbackRun({ params, body: { reason } }, options);
    case "rollback-tenant":
      return client.rollbackTenant(
        { params: { ...params, tenant: said.tenant ?? "" }, body: { reason } },
        options,
      );
    case "retry":
      return client.retryRun(
        { params, body: { ...(said.step === undefined ? {} : { step }), ...share } },
        options,
      );
    case "skip":
      return client.skipStep({ params, body: { step, ...share, reason } }, options);
    case "done":
      return client.declareDone({ params, body: { step, ...share, evidence: reason } }, options);
    case "scope":
      return client.setScope({ params, body: share }, options);
    case "drive":
      return client.driveRun({ params, body: {} }, options);
  }
}
