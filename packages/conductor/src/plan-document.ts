import { canonicalJson, failed, type Journal, ok, Plan, planHash, type Result } from "@baton/core";
import { sha256 } from "@baton/journal";

/** Format of plans that this Baton can carry out. */
const PLAN_FORMAT = 1;

/** Whether a plan's hash is that of its doings; `BATON-RUN-PLAN-CHANGED` where it is not. */
function verify(plan: Plan): Result<Plan> {
  const found = planHash(plan, sha256);
  if (found === plan.hash) return ok(plan);
  return failed({
    code: "BATON-RUN-PLAN-CHANGED",
    message: `The plan says that its hash is ${plan.hash.slice(0, 12)}, but what it would do has the hash ${found.slice(0, 12)}.`,
    remedy: "Do not carry it out. Compile the plan again, and look who changed it with `baton audit verify`.",
    details: { expected: plan.hash, found },
  });
}

/**
 * Stores a plan's canonical bytes under its hash, estimates included, and gives the SHA-256 of what is stored there: a plan that
 * was stored before, with other estimates, stays. Refused where the hash is not the plan's.
 */
export async function savePlan(journal: Journal, plan: Plan): Promise<Result<string>> {
  const verified = verify(plan);
  if (!verified.ok) return verified;
  const saved = await journal.saveDocument(plan.hash, canonicalJson(plan));
  if (!saved.ok) return saved;
  const stored = await journal.loadDocument(plan.hash);
  return stored.ok ? ok(sha256(stored.value ?? "")) : stored;
}

/** Loads a plan by its hash and checks both; `BATON-RUN-PLAN-NEWER` for a format this Baton does not know. */
export async function loadPlan(journal: Journal, hash: string): Promise<Result<Plan>> {
  const bytes = await journal.loadDocument(hash);
  if (!bytes.ok) return bytes;
  if (bytes.value === null) return failed(missing(hash));
  const content: unknown = JSON.parse(bytes.value);
  const format =
    typeof content === "object" && content !== null && "format" in content ? content.format : null;
  if (format !== PLAN_FORMAT) return failed(newer(hash, format));
  const parsed = Plan.safeParse(content);
  if (!parsed.success) return failed(newer(hash, format));
  if (parsed.data.hash !== hash) return failed(missing(hash));
  return verify(parsed.data);
}

const missing = (hash: string) => ({
  code: "BATON-RUN-PLAN-MISSING" as const,
  message: `The journal does not hold the plan ${hash.slice(0, 12)}.`,
  remedy: "Check the journal with `baton audit verify`; without its plan a run cannot go on.",
});

const newer = (hash: string, format: unknown) => ({
  code: "BATON-RUN-PLAN-NEWER" as const,
  message: `The plan ${hash.slice(0, 12)} is of format ${String(format)}, which this Baton does not know.`,
  remedy: "Go on with the Baton that made the plan, or a newer one.",
});
