import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { previewRetry, previewSettling } from "./again.ts";
import { previewRollback, previewTenantBack } from "./back.ts";
import { previewApproval, previewGate, previewGoingOn, previewScope } from "./forward.ts";
import type { Preview, Proposal } from "./outlook.ts";
import { previewPause, previewStop } from "./stop.ts";

/** Says what an action would do to a run as it stands, with figures, before anybody does it. `now` is the journal's time. */
export function previewAction(index: PlanIndex, state: RunState, now: number, proposal: Proposal): Preview {
  switch (proposal.action) {
    case "approve":
      return previewApproval(index, state, now);
    case "approve-gate":
      return previewGate(index, state, now, proposal.step);
    case "pause":
      return previewPause(index, state);
    case "resume":
    case "drive":
      return previewGoingOn(index, state, now, proposal.action);
    case "abort":
    case "emergency-stop":
      return previewStop(index, state, proposal.action === "emergency-stop");
    case "rollback":
      return previewRollback(index, state);
    case "rollback-tenant":
      return previewTenantBack(index, state, proposal.tenant);
    case "retry":
      return previewRetry(index, state, proposal);
    case "skip":
    case "done":
      return previewSettling(index, state, proposal);
    case "scope":
      return previewScope(index, state, proposal);
  }
}
