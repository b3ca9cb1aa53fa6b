import { z } from "zod";
import type { ActionDefinition } from "../definition.ts";

/** `gate.bake`: how long to wait. */
export const GateBakeInput = z.strictObject({
  seconds: z.number().min(0).describe("Seconds to wait while the release is watched."),
});
export type GateBakeInput = z.infer<typeof GateBakeInput>;

/** Waits, so that what is wrong has time to show. Ended by the clock of the journal; on the way back there is nothing to do. */
export const gateBake: ActionDefinition<GateBakeInput> = {
  kind: "gate.bake",
  summary: "Waits a time, so that what is wrong can show before the release goes on.",
  input: GateBakeInput,
  runs: "timer",
  fanOut: "never",
  undo: () => "inert",
  effect: () => "convergent",
  seconds: (input) => ({ forward: input.seconds, back: 0 }),
  title: (input) => `bake ${input.seconds} s`,
  check: () => [],
  complete: (input) => input,
  model: (world) => world,
};
