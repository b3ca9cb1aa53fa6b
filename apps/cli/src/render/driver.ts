import { driveCommand, type RunSummary } from "@baton/core";
import { type RenderOptions, wrap } from "./text.ts";

/** Who holds the run's lease, and which Baton command is at work on the state folder; null where nobody is. */
export interface AtWork {
  readonly drivenBy: string | null;
  readonly command: { readonly command: string; readonly pid: number } | null;
}

/**
 * Who drives a run, or that nobody does, who is up all the same, and what leads on. Of a run that has ended only
 * that: nobody is to drive it.
 */
export function renderDriver(
  { status, release, scope, explanation }: Pick<RunSummary, "status" | "release" | "scope" | "explanation">,
  waits: boolean,
  { drivenBy, command }: AtWork,
  options: RenderOptions,
): readonly string[] {
  const next = explanation.next.map((one) => `\`npx ${one}\``).join(", ");
  const leads = next === "" ? "" : `What leads on: ${next}`;
  if (status === "ended") return leads === "" ? [] : wrap(leads, options.width, "    ");
  if (drivenBy !== null) return wrap(`driven by ${drivenBy}`, options.width, "  ");
  const up = command === null ? "" : ` \`baton ${command.command}\` (process ${command.pid}) is up`;
  if (waits) {
    const stays = up === "" ? "" : `${up} and keeps the platform running.`;
    return wrap(`◌ nobody drives it while it waits.${stays} ${leads}`, options.width, "    ", "  ");
  }
  const who = up === "" ? "" : `;${up} and does not drive it now`;
  return wrap(
    `◌ nobody drives it${who}: go on with \`npx ${driveCommand(release, scope)}\``,
    options.width,
    "    ",
    "  ",
  );
}
