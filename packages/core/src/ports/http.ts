import type { Result } from "../problem.ts";

/** Asks an address and tells the status; a refused connection or a time-out is a problem, not a status. */
export interface HttpPort {
  get(
    url: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Result<{ status: number; body: string }>>;
}
