import type { Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { takeDown } from "../session/take-down.ts";

/** `baton down`: stops everything in order; nothing is lost and a run goes on at the next start. */
export async function down(where: Where, output: Output): Promise<ExitCode> {
  const taken = await takeDown(where, (line) => output.lines(line));
  if (!taken.ok) return output.problems(taken.problems);
  const nothing = taken.value.conductor === null && taken.value.supervisor === null;
  output.lines(
    nothing
      ? "Nothing was running."
      : "Stopped. Nothing is left running; `npx baton up` or `npm start` goes on from here.",
  );
  output.result({ stopped: !nothing, ...taken.value });
  return ExitCode.done;
}
