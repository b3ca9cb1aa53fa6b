import { z } from "zod";
import { Name } from "../../model/ids.ts";
import type { ActionDefinition } from "../definition.ts";

/** `gate.approval`: who may approve. */
export const GateApprovalInput = z.strictObject({
  role: Name.describe("Role a person must have to approve."),
});
export type GateApprovalInput = z.infer<typeof GateApprovalInput>;

/** Waits for a person with the role to approve the plan's hash. Takes as long as it takes, so its estimate is zero. */
export const gateApproval: ActionDefinition<GateApprovalInput> = {
  kind: "gate.approval",
  summary: "Waits until a person with the role approves.",
  input: GateApprovalInput,
  runs: "approval",
  fanOut: "never",
  undo: () => "inert",
  effect: () => "convergent",
  seconds: () => ({ forward: 0, back: 0 }),
  title: (input) => `approval by ${input.role}`,
  check: () => [],
  complete: (input) => input,
  model: (world) => world,
};
