import type { Plan } from "../model/plan.ts";
import { canonicalJson } from "./canonical.ts";

/** SHA-256 of a text's UTF-8 bytes, as 64 hex digits. Handed in, so that core runs where there is no Node. */
export type Sha256 = (text: string) => string;

/** The bytes a plan's hash covers: all that will be done, and nothing that is only estimated. */
export function hashedBytes(plan: Plan): string {
  const { hash: _hash, estimates: _estimates, steps, ...rest } = plan;
  const firm = steps.map(({ seconds: _seconds, undoSeconds: _undoSeconds, ...step }) => step);
  return canonicalJson({ ...rest, steps: firm });
}

/** The plan's hash: the same for the same doings, whatever the order of keys and whatever the estimates say. */
export const planHash = (plan: Plan, sha256: Sha256): string => sha256(hashedBytes(plan));
