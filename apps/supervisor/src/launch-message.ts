import type { Problem } from "@baton/core";

/** What a starting supervisor tells whoever launched it. */
export type LaunchMessage =
  | { readonly kind: "progress"; readonly line: string }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly problems: readonly Problem[] };

/** Exit code of a supervisor that found another one at work on its state folder. */
export const EXIT_TAKEN = 75;
