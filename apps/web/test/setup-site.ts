import { rm } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { builtSite } from "./built-site.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the pages of this run of the tests were built to. */
    site: string;
  }
}

/** Builds the pages once for all files that look at them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const site = await builtSite();
  project.provide("site", site);
  return () => rm(site, { recursive: true, force: true });
}
