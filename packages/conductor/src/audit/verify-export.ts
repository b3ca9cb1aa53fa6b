import { type CheckExportOptions, checkExport, ok, type Result, type Verification } from "@baton/core";
import { sha256 } from "@baton/journal";

/** Checks an exported journal with Node's SHA-256. */
export const verifyExport = async (
  options: Omit<CheckExportOptions, "sha256">,
): Promise<Result<Verification>> => ok(await checkExport({ ...options, sha256 }));
