import type { Problem } from "@baton/core";
import { createRedactor, redactJson } from "@baton/core/redact/redact";
import { problemsOf } from "./tenant-database.ts";
import type { WorkerLine, WorkerOrder } from "./worker-protocol.ts";

type ProblemLine = Extract<WorkerLine, { type: "problem" }>;

/** Code of a migration's folder may put anything into what it throws. */
function withoutSecrets(line: ProblemLine, values: readonly string[]): ProblemLine {
  const redactor = createRedactor(values.map((value) => ({ name: "secret", value })));
  const details = redactJson(line.details, redactor).value as ProblemLine["details"];
  return { ...line, message: redactor(line.message).value, details };
}

/** What a worker said went wrong, for people: without a secret, whatever the folder's code threw. */
export function workerProblems(
  said: ProblemLine,
  order: WorkerOrder,
  secrets: readonly string[],
): readonly Problem[] {
  const line = withoutSecrets(said, secrets);
  const tenant = order.tenant.id;
  if (line.code === "BATON-MIGRATE-EPOCH")
    return [
      {
        code: "BATON-MIGRATE-EPOCH",
        message: line.message,
        remedy: "Let the newer conductor go on; this one has lost its lease.",
        details: line.details,
      },
    ];
  const known = problemsOf(Object.assign(new Error(line.message), { code: line.code }), tenant, secrets);
  if (known[0]?.code !== "BATON-MIGRATE-SQL") return known;
  return [
    {
      code: "BATON-MIGRATE-WORKER",
      message: `Tenant ${tenant}, ${order.function} of ${order.migration}: ${line.message}${line.code === null ? "" : ` (${line.code})`}`,
      remedy: "The work goes on from its last checkpoint when the step is retried.",
      details: { tenant, code: line.code, more: line.details },
    },
  ];
}

/** It ended without an answer. `log` is the end of its log, without secrets. */
export const diedProblem = (order: WorkerOrder, exit: string, log: string): Problem => ({
  code: "BATON-MIGRATE-WORKER",
  message: `Tenant ${order.tenant.id}: the worker of ${order.function} ended without a result (${exit}).`,
  remedy: "The work goes on from its last checkpoint when the step is retried.",
  details: { tenant: order.tenant.id, exit, log },
});
