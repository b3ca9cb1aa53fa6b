import { resolve } from "node:path";

/** Where a command works: the folder with `platform.yaml`, and the folder that holds state, secrets and logs. */
export interface Where {
  readonly platformDir: string;
  readonly stateDir: string;
  /** The folder of the anchors, where the command line names one. */
  readonly anchorsDir?: string;
}

/** Makes the folders named on the command line absolute. */
export const where = (options: {
  readonly platform: string;
  readonly state: string;
  readonly anchors?: string;
}): Where => ({
  platformDir: resolve(options.platform),
  stateDir: resolve(options.state),
  ...(options.anchors === undefined ? {} : { anchorsDir: resolve(options.anchors) }),
});
