import { createHash, randomUUID } from "node:crypto";

/** A prompt as the stand-in keeps it; index 0 of `bodies` is version 1. */
export interface StandInPrompt {
  readonly id: string;
  readonly bundleId: string;
  readonly name: string;
  readonly bodies: string[];
}

/** One tenant of the stand-in. */
export interface StandInTenant {
  readonly bundles: { readonly id: string; readonly name: string }[];
  readonly prompts: Map<string, StandInPrompt>;
}

/** What the stand-in does wrong next, once each time the number is above 0. */
export interface Faults {
  /** Acknowledges a write and does not keep it; from then on `refuse` is set. */
  lose: number;
  /** Answers a read with another body. */
  misread: number;
  /** Answers with status 500. */
  refuse: number;
  /** Breaks the connection before it does anything. */
  reset: number;
  /** Keeps a write, then breaks the connection. */
  silence: number;
}

/** What an answer is: a status and a body. */
export interface StandInAnswer {
  readonly status: number;
  readonly body: unknown;
}

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

export const refusal = (status: number, code: string): StandInAnswer => ({
  status,
  body: { error: { code, message: code, details: {} } },
});

/** A tenant with one prompt nobody of the workload made, and no bundle of its own when `bare`. */
export function newTenant(bare: boolean): StandInTenant {
  if (bare) return { bundles: [], prompts: new Map() };
  const bundleId = randomUUID();
  const id = randomUUID();
  const prompt = { id, bundleId, name: "seeded", bodies: ["first", "second"] };
  return { bundles: [{ id: bundleId, name: "seeded" }], prompts: new Map([[id, prompt]]) };
}

/** Takes one of a fault's turns. */
export function strike(faults: Faults, name: keyof Faults): boolean {
  if (faults[name] <= 0) return false;
  faults[name] -= 1;
  return true;
}
