import { z } from "zod";
import { AnyJson } from "../model/event.ts";
import type { JournalRow } from "../ports/journal-audit.ts";

const Digest = z.strictObject({ rows: z.int(), digest: z.string() });

/** One effect on a tenant: a step's, or its undo. */
export const ReceiptStep = z.strictObject({
  /** `phase.step`. */
  step: z.string(),
  direction: z.enum(["do", "undo"]),
  /** Milliseconds since 1970, by the journal's clock: its intent and its outcome. Null where there was none. */
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  seconds: z.number().nullable(),
  outcome: z.enum(["done", "failed", "parked", "open"]),
  /** Tries that failed on the way. */
  failures: z.int(),
  /** Rows the step worked on, where its output says so. */
  rows: z.int().nullable(),
  /** What the migration's `digest` found before and after the step; null where it was not asked. */
  before: Digest.nullable(),
  after: Digest.nullable(),
});
export type ReceiptStep = z.infer<typeof ReceiptStep>;

/** What a receipt says: all of it follows from its events. */
export const ReceiptFacts = z.strictObject({
  tenant: z.string(),
  run: z.string(),
  platform: z.string(),
  environment: z.string(),
  from: z.string(),
  to: z.string(),
  planHash: z.string(),
  approvedBy: z.string().nullable(),
  steps: z.array(ReceiptStep),
});
export type ReceiptFacts = z.infer<typeof ReceiptFacts>;

const Opened = z.object({
  run: z.string(),
  platform: z.string(),
  environment: z.string(),
  release: z.string(),
  from: z.string(),
  planHash: z.string(),
});
const Approved = z.object({ by: z.object({ name: z.string() }) });
const OfUnit = z.object({ step: z.string(), unit: z.string() });
const Keyed = z.object({ key: z.string() });
const WithData = z.object({ data: Digest });
const WithRows = z.object({ rows: z.int() });

/** Events of a run that a receipt holds beside the tenant's own. None of them names another tenant. */
const OF_THE_RUN = new Set(["run.opened", "run.approved"]);
const OF_A_UNIT = new Set(["effect.intended", "effect.done", "effect.failed", "unit.parked"]);

/** Whether an event belongs into a tenant's receipt. */
export function belongsToReceipt({ type, data }: Pick<JournalRow, "type" | "data">, tenant: string): boolean {
  if (OF_THE_RUN.has(type)) return true;
  return OF_A_UNIT.has(type) && OfUnit.safeParse(fieldsOf(data)).data?.unit === tenant;
}

/** What a tenant's events say, in the order of positions; null where the run's opening is not among them. */
export function receiptFacts(rows: readonly JournalRow[], tenant: string): ReceiptFacts | null {
  const steps = new Map<string, ReceiptStep>();
  let opened: z.infer<typeof Opened> | null = null;
  let approvedBy: string | null = null;
  for (const { type, data, at } of rows) {
    const fields = fieldsOf(data);
    if (type === "run.opened") opened ??= Opened.safeParse(fields).data ?? null;
    else if (type === "run.approved") approvedBy ??= Approved.safeParse(fields).data?.by.name ?? null;
    else noteEffect(steps, type, fields, at);
  }
  if (opened === null) return null;
  const { release: to, ...run } = opened;
  return { tenant, ...run, to, approvedBy, steps: [...steps.values()] };
}

function noteEffect(steps: Map<string, ReceiptStep>, type: string, fields: unknown, at: number): void {
  const unit = OfUnit.safeParse(fields).data;
  if (unit === undefined) return;
  // A unit is parked under no key of its own: it is the last effect of its step that failed.
  const key =
    Keyed.safeParse(fields).data?.key ??
    [...steps].findLast(([, { step }]) => step === unit.step)?.[0] ??
    unit.step;
  const there = steps.get(key) ?? { ...EMPTY, step: unit.step, direction: firstDirection(steps, unit.step) };
  steps.set(key, { ...there, ...changeBy(there, type, fields, at) });
}

function changeBy(there: ReceiptStep, type: string, fields: unknown, at: number): Partial<ReceiptStep> {
  const part = (name: string): unknown => z.record(z.string(), AnyJson).safeParse(fields).data?.[name];
  const ended = { endedAt: at, seconds: there.startedAt === null ? null : (at - there.startedAt) / 1000 };
  switch (type) {
    case "effect.intended":
      return there.startedAt === null
        ? {
            direction: part("direction") === "undo" ? "undo" : "do",
            startedAt: at,
            before: WithData.safeParse(part("before")).data?.data ?? null,
          }
        : {};
    case "effect.done":
      return {
        ...ended,
        outcome: "done",
        rows: WithRows.safeParse(part("output")).data?.rows ?? null,
        after: WithData.safeParse(part("output")).data?.data ?? null,
      };
    case "effect.failed":
      return { ...ended, outcome: part("final") === true ? "failed" : "open", failures: there.failures + 1 };
    default:
      return { outcome: "parked" };
  }
}

const EMPTY = {
  startedAt: null,
  endedAt: null,
  seconds: null,
  outcome: "open",
  failures: 0,
  rows: null,
  before: null,
  after: null,
} as const;

/** Until its intent says it: what comes behind another effect of the same step most likely takes that back. */
const firstDirection = (steps: ReadonlyMap<string, ReceiptStep>, step: string): "do" | "undo" =>
  [...steps.values()].some((one) => one.step === step && one.direction === "do") ? "undo" : "do";

function fieldsOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
