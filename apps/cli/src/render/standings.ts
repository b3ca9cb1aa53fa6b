import { namesInWords, type Plan, renderCount, standingsOf } from "@baton/core";
import { paintWith } from "./paint.ts";
import { type RenderOptions, wrap } from "./text.ts";

/** Tenants that are named; of more only their number. */
const NAMED = 4;

/**
 * Of a plan that supersedes a run: what was found of each tenant and what is left to do, tenants in the same situation
 * together, and what runs beside. Nothing of another plan.
 */
export function renderStandings(plan: Plan, options: RenderOptions): readonly string[] {
  if (plan.supersedes === undefined) return [];
  const paint = paintWith(options.color);
  const [title = "", ...more] = wrap(
    `What ${plan.supersedes} left, as seen just now; a rollback comes back to exactly this`,
    options.width,
  );
  const beside = plan.assumptions.filter(({ subject }) => subject.startsWith("running:"));
  return [
    paint.strong(title),
    ...more,
    ...standingsOf(plan).flatMap(({ ring, tenants, goTo, inPlace, left }) => {
      const who = `${namesInWords(tenants, NAMED)} (${ring})`;
      const where = goTo.length === 0 ? "" : ` ${tenants.length === 1 ? "goes" : "go"} to ${goTo.join("; ")}`;
      const there = inPlace.length === 0 ? "nothing in place" : `in place: ${inPlace.join(", ")}`;
      const rest = left.length === 0 ? "nothing left" : `${renderCount(left.length, "step")} left`;
      return [
        ...wrap(`${who}${where}`, options.width, "    ", "  "),
        ...wrap(`${there}; ${rest}: ${left.join(", ")}`.replace(/: $/, ""), options.width, "    "),
      ];
    }),
    ...beside.flatMap(({ text }) => wrap(text, options.width, "  ")),
    "",
  ];
}
