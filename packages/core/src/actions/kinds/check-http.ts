import { z } from "zod";
import { Template } from "../../model/platform.ts";
import { templatesInWords } from "../../plan/templates.ts";
import type { ActionDefinition } from "../definition.ts";

/** `check.http`: what to ask and which status is right. */
export const CheckHttpInput = z.strictObject({
  url: Template.min(1).describe("Address to ask; may name services by templates."),
  expect: z.int().min(100).max(599).default(200).describe("Status that is right."),
  timeoutSeconds: z.number().positive().max(600).default(10).describe("Seconds to wait for the answer."),
});
export type CheckHttpInput = z.infer<typeof CheckHttpInput>;

/** Asks an address once and fails unless the status is the expected one. Changes nothing, so there is nothing to take back. */
export const checkHttp: ActionDefinition<CheckHttpInput> = {
  kind: "check.http",
  summary: "Asks an address and fails unless it answers with the expected status.",
  input: CheckHttpInput,
  runs: "performed",
  fanOut: "allowed",
  undo: () => "inert",
  effect: () => "convergent",
  seconds: () => ({ forward: 0.1, back: 0 }),
  title: (input) => `${input.expect} from ${templatesInWords(input.url)}`,
  check: () => [],
  complete: (input) => input,
  model: (world) => world,
};
