import { z } from "zod";

/** Lower-case names as people write them in files: `platform-api`, `encrypt-prompts`, `t-hale`. */
export const Name = z
  .string()
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "use lower-case letters, digits and single dashes, beginning with a letter",
  )
  .max(63);

/** A semantic version without build metadata, `2.0.0`. */
export const Version = z
  .string()
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, "use a semantic version such as 2.0.0");

/** A release's name, `R2`. */
export const ReleaseName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,31}$/, "use letters, digits, dot, dash, such as R2");

/** `service@version`, the name of one running version of a service. */
export const InstanceId = z.string().regex(/^[a-z][a-z0-9-]*@\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/);
export type InstanceId = z.infer<typeof InstanceId>;

/** The name under which one version of a service runs beside others. */
export const instanceId = (service: string, version: string): InstanceId => `${service}@${version}`;
