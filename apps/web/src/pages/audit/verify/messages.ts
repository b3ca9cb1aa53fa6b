import type { Problem, Verification } from "@baton/core";

/** What the worker is asked: where the export is, and what to check it with. */
export interface VerifyAsked {
  readonly url: string;
  /** Public keys in PEM. */
  readonly keys: readonly string[];
  /** The lines of an anchor that was kept elsewhere; null where there is none. */
  readonly anchor: readonly string[] | null;
}

/** What the worker tells on its way, and at the end. */
export type VerifyTold =
  | { readonly kind: "progress"; readonly events: number }
  | { readonly kind: "done"; readonly verification: Verification }
  | { readonly kind: "failed"; readonly problems: readonly Problem[] };
