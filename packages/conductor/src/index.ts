export {
  type AccessRequest,
  type Asker,
  createToken,
  firstAdmin,
  grantRole,
  invite,
  redeemInvitation,
  revokeInvitation,
  revokeRole,
  revokeToken,
} from "./access/access-requests.ts";
export type { Approver } from "./access/approver.ts";
export { type Access, nothingRead, readAccess } from "./access/read-access.ts";
export { codeHash, drawCode, drawToken, secretHash } from "./access/secrets.ts";
export { type Exported, exportJournal } from "./audit/export-journal.ts";
export { makeReceipt } from "./audit/make-receipt.ts";
export { createNotary, type Notary } from "./audit/notary.ts";
export { signHeads } from "./audit/sign-heads.ts";
export { verifyExport } from "./audit/verify-export.ts";
export { verifyJournal } from "./audit/verify-journal.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { DriveView } from "./conductor.ts";
export { type DriveEnd, type DriveOptions, drive } from "./drive.ts";
export type { RunSummary } from "./environment-runs.ts";
export { fromStored } from "./event-codec.ts";
export { findRuns } from "./find-runs.ts";
export { type LoadedRun, loadRun } from "./load-run.ts";
export { type HalfwayOptions, observeHalfway } from "./observe-halfway.ts";
export { type OpenRunOptions, openRun } from "./open-run.ts";
export { openingRefusal } from "./opening-refusal.ts";
export { loadPlan } from "./plan-document.ts";
export {
  approve,
  approveGate,
  requestDone,
  requestPause,
  requestResume,
  requestRetry,
  requestRollback,
  requestScope,
  requestSkip,
  requestStop,
  requestTenantRollback,
} from "./requests.ts";
export { type SettledOptions, settledUnits } from "./settled-units.ts";
export { runLease, streams } from "./streams.ts";
