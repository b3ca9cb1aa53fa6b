import type { Json } from "../json.ts";
import type { Problem } from "../problem.ts";

/** Where a stream ended when somebody last looked: by the events themselves, or by a copy kept elsewhere. */
export interface StreamHead {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

const COMPARE =
  "Compare the journal with a backup and with the anchored statements, and find out who could write to it.";

/** One thing an audit has to say, with its place. `what` is the end of the code. */
export const finding = (
  what: string,
  message: string,
  details: Readonly<Record<string, Json>>,
  remedy: string = COMPARE,
): Problem => ({ code: `BATON-AUDIT-${what}`, message, remedy, details });

/** Findings, the first of them in full and all of them counted: a journal that was rewritten whole has a million. */
export class Findings {
  readonly list: Problem[] = [];
  count = 0;

  add(...problems: readonly Problem[]): void {
    this.count += problems.length;
    for (const problem of problems) if (this.list.length < MOST) this.list.push(problem);
  }
}

/** How many findings are told one by one. */
const MOST = 100;
