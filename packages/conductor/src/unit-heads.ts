import { type Journal, merkleRoot, ok, type PlanIndex, type Result, type RunEvent } from "@baton/core";
import { sha256 } from "@baton/journal";
import { streams } from "./streams.ts";

/** Fills the ends of fan-outs with the heads of the run's unit streams and their Merkle root, as the journal has them now. */
export async function withUnitHeads(
  journal: Journal,
  index: PlanIndex,
  run: string,
  events: readonly RunEvent[],
): Promise<Result<readonly RunEvent[]>> {
  const isFanOutEnd = (event: RunEvent) =>
    event.type === "step.ended" && index.steps.get(event.step)?.fanOut === true;
  if (!events.some(isFanOutEnd)) return ok(events);
  const heads = await journal.heads(streams.units(run));
  if (!heads.ok) return heads;
  const units = {
    root: merkleRoot(heads.value, sha256),
    heads: Object.fromEntries(heads.value.map(({ stream, hash }) => [stream, hash])),
  };
  return ok(events.map((event) => (isFanOutEnd(event) ? ({ ...event, units } as RunEvent) : event)));
}
