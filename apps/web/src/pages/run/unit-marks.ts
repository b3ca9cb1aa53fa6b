import type { Mark, UnitStatus } from "@baton/core";

/** The symbol of each status of a unit. */
export const UNIT_MARKS: Readonly<Record<UnitStatus, Mark>> = {
  pending: "to-come",
  intended: "running",
  done: "done",
  failed: "failed",
  spent: "failed",
  parked: "parked",
  undoing: "undoing",
  undone: "undoing",
};
