import { type BackupsPort, failed } from "@baton/core";

const unused = async () =>
  failed({ code: "BATON-TEST-UNUSED", message: "This action has no business with backups.", remedy: "" });

/** The port of backups for actions that have nothing to do with it. */
export const unusedBackups: BackupsPort = {
  retention: null,
  remove: unused,
  list: unused,
  find: unused,
  make: unused,
  prove: unused,
  losses: unused,
  observe: unused,
  restore: unused,
  takeBack: unused,
};
