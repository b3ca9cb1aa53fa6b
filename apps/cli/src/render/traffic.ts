import { renderMilliseconds, renderNumber } from "@baton/core";
import { oneLine } from "./text.ts";
import type { RunView } from "./view.ts";

const BEFORE = "before";
const DURING = "during";

/** Facts about the users at work: requests and failures so far, writes acknowledged, p99 now and before. */
export function trafficFacts(view: Pick<RunView, "traffic" | "trafficReason">): readonly string[] {
  const { traffic } = view;
  if (traffic === null)
    return [`unknown: ${oneLine(view.trafficReason ?? "the workload was not asked yet")}`];
  const { total, failed } = traffic.requests;
  const before = traffic.windows[BEFORE];
  const during = traffic.windows[DURING];
  return [
    `${renderNumber(total)} requests, ${renderNumber(failed)} failed`,
    `${renderNumber(traffic.writes.acknowledged)} writes acknowledged`,
    ...(during === undefined
      ? before === undefined
        ? []
        : [`p99 ${renderMilliseconds(before.p99)}`]
      : [`p99 ${renderMilliseconds(during.p99)}, before ${renderMilliseconds(before?.p99)}`]),
    ...(traffic.running ? [] : ["paused"]),
  ];
}
