import type { CommandLine, Common } from "./command-line.ts";
import { words } from "./values.ts";

/** What people say to a run that is under way. */
export function addControlCommands({ command, act }: CommandLine): void {
  command("pause", "let nothing more begin; what is under way comes to its outcome, times go on counting")
    .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
    .action((o: Common & { reason: string }) =>
      act(o, async (at, out) => (await import("../commands/pause.ts")).pause(at, out, o)),
    );

  command("resume", "let a paused run go on").action((o: Common) =>
    act(o, async (at, out) => (await import("../commands/resume.ts")).resume(at, out)),
  );

  command("abort", "stop the run where it is; it can be retried or rolled back from there")
    .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
    .action((o: Common & { reason: string }) =>
      act(o, async (at, out) =>
        (await import("../commands/stop-run.ts")).stopRun(at, out, { reason: o.reason, emergency: false }),
      ),
    );

  command("emergency-stop", "stop the run at once: what is under way is aborted, nothing more begins")
    .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
    .action((o: Common & { reason: string }) =>
      act(o, async (at, out) =>
        (await import("../commands/stop-run.ts")).stopRun(at, out, { reason: o.reason, emergency: true }),
      ),
    );

  command(
    "retry [step]",
    "give what failed its tries back; parked tenants catch up, a run that ended goes on",
  )
    .option("--tenant <id>", "this tenant only")
    .action((step: string | undefined, o: Common & { tenant?: string }) =>
      act(o, async (at, out) =>
        (await import("../commands/retry.ts")).retry(at, out, { step, tenant: o.tenant }),
      ),
    );

  command(
    "skip <step>",
    "go on without a gate, a check or another step that has no effect on data or traffic",
  )
    .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
    .option("--tenant <id>", "this tenant's share only")
    .action((step: string, o: Common & { reason: string; tenant?: string }) =>
      act(o, async (at, out) =>
        (await import("../commands/skip.ts")).skip(at, out, { step, tenant: o.tenant, reason: o.reason }),
      ),
    );

  command(
    "done <step>",
    "say that you brought a step's effect about by hand; it counts if it is observed there",
  )
    .requiredOption("--evidence <text>", "how one can know, for the journal and for whoever looks", words)
    .option("--tenant <id>", "this tenant's share, of a step that fans out")
    .action((step: string, o: Common & { evidence: string; tenant?: string }) =>
      act(o, async (at, out) =>
        (await import("../commands/done.ts")).done(at, out, { step, tenant: o.tenant, evidence: o.evidence }),
      ),
    );

  command("explain", "why the run waits, whom it waits for, and what leads on")
    .option("--run <id>", "of this run; default: the one that goes on, else the last")
    .action((o: Common & { run?: string }) =>
      act(o, async (at, out) => (await import("../commands/explain.ts")).explainRun(at, out, o.run)),
    );
}
