import type { Result } from "../problem.ts";

/** Fills `${…}` in a value with what the running environment knows. What it yields may hold secrets: never journal it. */
export interface ResolvePort {
  text(template: string): Promise<Result<string>>;
}
