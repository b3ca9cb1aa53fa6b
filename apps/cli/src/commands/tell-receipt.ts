import { type ReceiptFacts, renderDuration, renderNumber } from "@baton/core";
import { renderTable } from "../render/table.ts";

type Digest = ReceiptFacts["steps"][number]["before"];

const short = (digest: Digest): string => (digest === null ? "—" : digest.digest.slice(0, 8));

const OUTCOMES = { done: "✓", failed: "✗", parked: "P", open: "◌" } as const;

const timeOf = (at: number | null): string =>
  at === null ? "—" : `${new Date(at).toISOString().slice(11, 19)}Z`;

const COLUMNS = [{}, { flexible: true }, {}, { align: "right" }, { align: "right" }, {}] as const;

/** A receipt as a person reads it: one line a step, with what was there before and after. */
export function tellReceipt(facts: ReceiptFacts, width: number): readonly string[] {
  const { tenant, from, to, environment, run, approvedBy, steps } = facts;
  const rows = steps.map((step) => [
    OUTCOMES[step.outcome],
    step.direction === "undo" ? `${step.step} (undo)` : step.step,
    timeOf(step.startedAt),
    renderDuration(step.seconds),
    step.rows === null ? "—" : `${renderNumber(step.rows)} rows`,
    step.before === null && step.after === null ? "" : `${short(step.before)} → ${short(step.after)}`,
  ]);
  return [
    `${tenant} · ${from} → ${to} on ${environment} · approved by ${approvedBy ?? "nobody yet"} · ${run}`,
    ...renderTable(rows, COLUMNS, width, "  "),
  ];
}
