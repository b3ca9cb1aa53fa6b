import type { DriveEnd } from "@baton/conductor";
import type { Result } from "@baton/core";
import { type Conduct, conduct as conductRun, type Workload } from "@baton/session";
import type { Output } from "../output.ts";
import { RunScreen } from "./run-screen.ts";

interface ConductOptions extends Omit<Conduct, "say" | "show"> {
  readonly output: Output;
  readonly workload: Workload | null;
}

/** Drives a run from this process and shows it meanwhile at the terminal. */
export async function conduct({ output, workload, ...how }: ConductOptions): Promise<Result<DriveEnd>> {
  const screen = new RunScreen(output, workload);
  try {
    return await conductRun({
      ...how,
      say: (...lines) => output.lines(...lines),
      show: (view) => screen.show(view),
    });
  } finally {
    await screen.close();
  }
}
