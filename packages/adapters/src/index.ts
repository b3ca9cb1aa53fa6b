export { createAnchorFile, readAnchorFile } from "./audit/anchor-file.ts";
export { createVerifier } from "./audit/public-keys.ts";
export { openSigningKey } from "./audit/signing-key.ts";
export { type BackupHeader, readHeader } from "./backup/backup-file.ts";
export {
  BATON,
  type BatonProof,
  type BatonRestored,
  backUpBaton,
  proveBaton,
  restoreBaton,
} from "./backup/baton-backup.ts";
export { type BackupsOptions, createBackups } from "./backup/create-backups.ts";
export { problemsOf as backupProblems } from "./backup/problems.ts";
export { restoreFile } from "./backup/restore-file.ts";
export { type BackupStore, backupStore, writeProof } from "./backup/store.ts";
export { createPorts } from "./create-ports.ts";
export { specDigest } from "./deploy/digest.ts";
export { createSupervisorDeploy } from "./deploy/supervisor.ts";
export { createFetchHttp } from "./http/fetch.ts";
export { createTransitKeys, type TransitClientOptions } from "./keys/transit-client.ts";
export { createPlatformKeys } from "./platform-keys.ts";
export { createSupervisorResolve } from "./resolve/supervisor.ts";
export { makeFolder, noRoomProblem, stateDirProblem } from "./state-folder.ts";
export * from "./supervisor/api.ts";
export {
  ADDRESS_FILE,
  createSupervisorClient,
  readSupervisorAddress,
  type SupervisorClient,
} from "./supervisor/client.ts";
export { createPostgresTenants, type PostgresTenantsOptions, withDatabase } from "./tenants/postgres.ts";
export { createGatewayTraffic, type GatewayTrafficOptions } from "./traffic/gateway-http.ts";
