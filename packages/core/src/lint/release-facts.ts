import type { Catalogue } from "../actions/catalogue.ts";
import type { Places } from "../documents/places.ts";
import type { Platform } from "../model/platform.ts";
import type { Release } from "../model/release.ts";
import type { Problem } from "../problem.ts";

/** What the rules look at. What is null is not known yet; rules that need it stay silent. */
export interface ReleaseFacts {
  readonly release: Release;
  readonly places: Places;
  readonly catalogue: Catalogue;
  readonly platform: Platform | null;
  /** Versions in service before this release, by service. */
  readonly present: Readonly<Record<string, string>> | null;
}

/** One rule over a release as it is written: all it finds, each with its place. */
export type ReleaseRule = (facts: ReleaseFacts) => readonly Problem[];
