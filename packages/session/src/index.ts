export { approveOpened } from "./approve-opened.ts";
export { anchorOf, notaryOf, signerOf, verifierOf } from "./auditing.ts";
export { type BackupPlaces, backupPlaces, findPassphrase, storedPassphrase } from "./backup/places.ts";
export { type BackupStandings, backupsNow, type Standing, standings } from "./backup/standing.ts";
export { type Conduct, conduct } from "./conduct.ts";
export { conductorHere, lockConductor, SLOTS, type Slot } from "./conductor-lock.ts";
export { CONDUCTOR_LOG, openConductorLog } from "./conductor-log.ts";
export { currentRun, requireRun } from "./current-run.ts";
export { findRelease, firstRelease, servicesOf } from "./definition/lineage.ts";
export { type Definition, type LoadedRelease, loadDefinition } from "./definition/load.ts";
export { driverOf } from "./driver-of.ts";
export { type HistoryDetails, type HistoryItem, historyItem, historyPage, REPORT_KEY } from "./history.ts";
export { type InService, inService, lineOf } from "./in-service.ts";
export { knownSecrets } from "./known-secrets.ts";
export { makePlan } from "./make-plan.ts";
export { checkMovedWorld } from "./moved-world.ts";
export { halfwayRun, interruptedRun, openApproved } from "./open-or-resume.ts";
export { runFacts } from "./run-facts.ts";
export type { Say } from "./say.ts";
export { openSession, type Session } from "./session.ts";
export { verifySession } from "./verify-session.ts";
export { type Where, where } from "./where.ts";
export {
  findWorkload,
  startWorkload,
  type Workload,
  type WorkloadStats,
  type WorkloadVerdict,
} from "./workload.ts";
