// A conductor in a process of its own. Its orders come as JSON in BATON_TEST_DRIVER; it kills itself where they say so, and
// prints one line of JSON for each thing its parent waits for.
import { writeSync } from "node:fs";
import type { Journal, RunEvent } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { drive } from "../src/index.ts";
import { filePerformer, type Moment } from "./file-world.ts";
import { noPorts, untilAborted } from "./world.ts";

/** Where a driver kills itself; `at` counts from 1. */
export interface Orders {
  readonly url: string;
  readonly run: string;
  readonly folder: string;
  readonly ttlMs: number;
  readonly standBy?: boolean;
  readonly die?: { readonly where: string; readonly at: number };
  /** Stops itself there, as SIGSTOP or a closed lid would; its parent wakes it. */
  readonly sleep?: { readonly where: string; readonly at: number };
  /** Stays in the first effect until it is aborted, and says so. */
  readonly linger?: boolean;
}

const orders = JSON.parse(process.env.BATON_TEST_DRIVER ?? "{}") as Orders;
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const seen = new Map<string, number>();
function reach(where: string): void {
  const times = (seen.get(where) ?? 0) + 1;
  seen.set(where, times);
  if (orders.die?.where === where && orders.die.at === times) process.kill(process.pid, "SIGKILL");
  if (orders.sleep?.where === where && orders.sleep.at === times) {
    writeSync(1, `${JSON.stringify({ said: "sleeping" })}\n`);
    process.kill(process.pid, "SIGSTOP");
  }
}

let lingers = orders.linger === true;
const moment: Moment = async (name, context) => {
  reach(`effect:${name}`);
  if (name !== "half" || !lingers) return;
  lingers = false;
  say({ said: "in-effect" });
  await untilAborted(context.signal);
  throw new Error("aborted");
};

const opened = await createPostgresJournal({ url: orders.url, poolSize: 2 });
if (!opened.ok) throw new Error(opened.problems[0]?.message);
const journal: Journal = {
  ...opened.value,
  append: async (batch, lease) => {
    const types = new Set(
      batch.flatMap((part) => part.events.map((event) => event.type as RunEvent["type"])),
    );
    for (const type of types) reach(`before:${type}`);
    const stored = await opened.value.append(batch, lease);
    for (const type of types) reach(`after:${type}`);
    return stored;
  },
};
const end = await drive({
  journal,
  run: orders.run,
  performers: new Map([["service.deploy", filePerformer(orders.folder, moment)]]),
  ports: noPorts,
  owner: `driver ${process.pid}`,
  ttlMs: orders.ttlMs,
  standBy: orders.standBy ?? false,
  onStandBy: () => say({ said: "standing-by" }),
});
say(
  end.ok
    ? { said: "end", reason: end.value.reason, outcome: end.value.state.ended?.outcome ?? null }
    : { said: "problem", code: end.problems[0]?.code },
);
await journal.close();
