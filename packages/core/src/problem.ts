import type { Json } from "./json.ts";

/**
 * What went wrong, as a value. Errors are not thrown across a package border where the caller can act on them:
 * functions return all the problems they found, not the first.
 */
export interface Problem {
  /** Stable, documented, `BATON-AREA-WHAT`. Programs match on this and on nothing else. */
  readonly code: `BATON-${string}`;
  /** One sentence that says what is wrong, with the names involved. */
  readonly message: string;
  /** What the person should do next, as a sentence or a command. */
  readonly remedy: string;
  readonly where?: Place;
  /** Fields a program needs. Never a secret. */
  readonly details?: Json;
}

/** Where in the input the problem sits. Lines and columns count from 1. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Path inside the document, as in `phases[2].steps[0].kind`. */
  readonly path?: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const failed = (...problems: readonly Problem[]): Result<never> => ({ ok: false, problems });

/** An exception that carries problems, for the few places where a value cannot be returned (a callback, a constructor). */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  constructor(...problems: readonly Problem[]) {
    super(problems.map((p) => `${p.code} ${p.message}`).join("\n"));
    this.name = "ProblemError";
    this.problems = problems;
  }
}
