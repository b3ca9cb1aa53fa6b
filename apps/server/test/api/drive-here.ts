import { type DriveEnd, drive } from "@baton/conductor";
import { catalogue, type Journal, ok, type Performer, type Ports } from "@baton/core";
import { value } from "./platform-server.ts";

/** A performer whose effects are there at once, in a world nobody else sees. */
function performer(kind: string): Performer {
  const present = new Set<string>();
  return {
    kind,
    check: async () => [],
    before: async () => ok(null),
    perform: async (_input, _before, key) => {
      present.add(key);
      return ok(null);
    },
    undo: async () => ok(null),
    observe: async () => ({ state: "present", detail: "" }),
  };
}

/** Drives a run until it waits or has ended, as a conductor in another process would. */
export const driveHere = async (journal: Journal, run: string): Promise<DriveEnd> =>
  value(
    await drive({
      journal,
      run,
      performers: new Map([...catalogue.keys()].map((kind) => [kind, performer(kind)])),
      ports: {} as Ports,
      owner: `test ${run}`,
      until: "wait",
    }),
  );
