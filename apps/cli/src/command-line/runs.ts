import type { CommandLine, Common } from "./command-line.ts";

/** What takes a platform from one release to the next, and shows it. */
export function addRunCommands({ command, act }: CommandLine): void {
  command("start", "the whole demonstration: platform, users at work, plan, run, report")
    .option("--fresh", "begin again: stop what runs and remove the state folder first", false)
    .option("--yes", "approve the plan without being asked", false)
    .option("--exit", "leave at the end instead of staying up", false)
    .option("--no-drill", "do not take the run back once from its hold to measure the way back")
    .option("--release <name>", "the release to go to; default: the one that follows the first")
    .action((o: Common & { fresh: boolean; yes: boolean; exit: boolean; drill: boolean; release?: string }) =>
      act(o, async (at, out) => (await import("../start/start.ts")).start(at, out, o)),
    );

  command("up", "start PostgreSQL, the key service and the platform at its first release").action(
    (o: Common) => act(o, async (at, out) => (await import("../commands/up.ts")).up(at, out)),
  );

  command("down", "stop everything in order").action((o: Common) =>
    act(o, async (at, out) => (await import("../commands/down.ts")).down(at, out)),
  );

  command("plan <release>", "show what a release will do, before anything moves")
    .option("--supersede", "as if it took the place of the run that stopped half-way", false)
    .action((release: string, o: Common & { supersede: boolean }) =>
      act(o, async (at, out) =>
        (await import("../commands/plan.ts")).plan(at, out, { release, supersede: o.supersede }),
      ),
    );

  command("run <release>", "plan, approve and execute; goes on with an interrupted run by itself")
    .option("--yes", "approve the plan without being asked", false)
    .option(
      "--ring <name>",
      "go no further than this ring, with all that goes before it; without, the whole way",
    )
    .option(
      "--tenant <id>",
      "go no further than this tenant of its ring; the others of the ring are left out for now",
    )
    .option(
      "--stand-by",
      "wait beside whoever drives the run, and take over within 10 s when that one is gone",
      false,
    )
    .option("--supersede", "take the place of the run that stopped half-way, from what is observed", false)
    .action(
      (
        release: string,
        o: Common & { yes: boolean; standBy: boolean; supersede: boolean; ring?: string; tenant?: string },
      ) => act(o, async (at, out) => (await import("../commands/run.ts")).run(at, out, { ...o, release })),
    );

  command("status", "what is happening, is it safe, what does it wait for, what can you do")
    .option("--run <id>", "of this run; default: the one that goes on, else the last")
    .action((o: Common & { run?: string }) =>
      act(o, async (at, out) => (await import("../commands/status.ts")).status(at, out, o.run)),
    );

  command("watch", "follow the run live, from any terminal, until it ends or waits for a person").action(
    (o: Common) => act(o, async (at, out) => (await import("../commands/watch.ts")).watch(at, out)),
  );

  command("approve", "show what stands behind the hold, and let the run past its approval gate")
    .option("--step <id>", "the gate, where the plan has several: PHASE.STEP")
    .option("--yes", "do not ask", false)
    .action((o: Common & { yes: boolean; step?: string }) =>
      act(o, async (at, out) => (await import("../commands/approve.ts")).approve(at, out, o)),
    );

  command("rollback", "take the run back, or one tenant of it; every acknowledged write stays readable")
    .option("--yes", "do not ask", false)
    .option("--reason <text>", "why, for the journal", "asked for on the command line")
    .option(
      "--tenant <id>",
      "this tenant alone: it is parked until `baton retry --tenant`, the others stay or go on",
    )
    .action((o: Common & { yes: boolean; reason: string; tenant?: string }) =>
      act(o, async (at, out) => {
        const { rollback, rollbackTenant } = await import("../commands/rollback.ts");
        const { tenant, reason } = o;
        return tenant === undefined ? rollback(at, out, o) : rollbackTenant(at, out, { tenant, reason });
      }),
    );
}
