import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  catalogue,
  compilePlan,
  type Plan,
  type Recorded,
  type Release,
  type Result,
  type RunEvent,
  readPlatform,
  readRelease,
  type Tenant,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { calm, type Script, simulate } from "@baton/testkit/simulator/index";

/** A run of a plan, with every event it came to, in order. Times are shifted so that the first is at `from`. */
export interface RunHistory {
  readonly run: string;
  readonly plan: Plan;
  readonly events: readonly Recorded[];
}

const PLATFORM = join(import.meta.dirname, "../../../../platform");

const NAMES = [
  "acme",
  "borealis",
  "cobalt",
  "delta",
  "evergreen",
  "fjord",
  "granite",
  "hale",
  "iris",
  "juniper",
  "kestrel",
  "lumen",
];
const RING_OF = ["internal", "pilot", "pilot", "pilot", ...Array(8).fill("general")] as const;

/** Twelve tenants in three rings, as a laptop's demonstration has them. */
export const twelve: readonly Tenant[] = NAMES.map((name, at) => ({
  id: `t-${name}`,
  ring: RING_OF[at] ?? "general",
  database: `tenant_${name}`,
  host: "127.0.0.1:5433",
}));

/** So many tenants: one internal, a hundredth in the pilot ring, the others general. */
export const manyTenants = (count: number): readonly Tenant[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `t-${String(at).padStart(5, "0")}`,
    ring: at === 0 ? "internal" : at <= count / 100 ? "pilot" : "general",
    database: `tenant_${at}`,
    host: `db-${at % 40}`,
  }));

/** The plan of the platform's own R2 for these tenants, compiled as Baton compiles it. */
export async function planOfR2(tenants: readonly Tenant[], change: Partial<Release> = {}): Promise<Plan> {
  const [platformText, releaseText] = await Promise.all([
    readFile(join(PLATFORM, "platform.yaml"), "utf8"),
    readFile(join(PLATFORM, "releases/R2/release.yaml"), "utf8"),
  ]);
  const platform = value(readPlatform(platformText, "platform.yaml"));
  const release = value(readRelease(releaseText, "releases/R2/release.yaml", catalogue, platform.document));
  return value(
    compilePlan({
      platform: platform.document,
      release: { ...release.document, ...change },
      places: release.places,
      observed: {
        tenants,
        services: { "platform-api": "1.0.0", gateway: "1.0.0", identity: "1.0.0" },
      },
      migrations: {
        "encrypt-prompts": {
          path: "releases/R2/migrations/encrypt-prompts",
          digest: sha256("folder"),
          reversible: true,
        },
      },
      catalogue,
      sha256,
    }),
  );
}

export interface PlayOptions {
  readonly run: string;
  readonly from: number;
  readonly script?: Partial<Script>;
  /** The person who opens and approves. */
  readonly names?: { readonly opens: string; readonly approves: string };
}

/** Plays a plan through in the simulator. */
export function play(plan: Plan, { run, from, script = {}, names }: PlayOptions): RunHistory {
  const { events, broken } = simulate(plan, { ...calm, ...script }, { bound: 200_000 });
  if (broken.length > 0) throw new Error(`the simulation broke its laws: ${broken[0]}`);
  const first = events[0]?.at ?? 0;
  return {
    run,
    plan,
    events: events.map(({ at, event }) => ({ at: at - first + from, event: renamed(event, run, names) })),
  };
}

/** The simulator's own names, replaced by those of the scenario. */
function renamed(event: RunEvent, run: string, names: PlayOptions["names"]): RunEvent {
  const text = JSON.stringify(event).replaceAll('"run-1', `"${run}`);
  const read = JSON.parse(text) as RunEvent;
  if (names === undefined || !("by" in read)) return read;
  const name = read.type === "run.opened" ? names.opens : names.approves;
  return { ...read, by: { kind: "person", name, via: "https://login.example" } };
}

export function value<T>(result: Result<T>): T {
  if (!result.ok)
    throw new Error(result.problems.map(({ code, message }) => `${code} ${message}`).join("\n"));
  return result.value;
}
