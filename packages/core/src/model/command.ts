import type { Json } from "../json.ts";
import type { RunEvent } from "./event.ts";

/** What `decide` wants done. Commands carry no time and no result; the shell performs them and journals what came of it. */
export type Command =
  /** Bring about (or take back) one unit's effect. `before` is set when the intent is already journaled (a retry, a crash). */
  | {
      readonly kind: "perform";
      readonly key: string;
      readonly step: string;
      readonly unit: string;
      readonly direction: "do" | "undo";
      readonly attempt: number;
      readonly intended: boolean;
      readonly before: Json;
      /** What `perform` returned, for `undo`; null where it never returned. */
      readonly output: Json;
    }
  /** Stop an effect that is under way; it ends with `effect.failed`. Where nothing is under way the shell records that at once. */
  | {
      readonly kind: "cancel";
      readonly key: string;
      readonly step: string;
      readonly unit: string;
      readonly attempt: number;
    }
  /** Facts that follow from the state alone. */
  | { readonly kind: "record"; readonly events: readonly RunEvent[] }
  /** Decide again at this time, if nothing happens before. Milliseconds since 1970. */
  | { readonly kind: "wake"; readonly at: number };
