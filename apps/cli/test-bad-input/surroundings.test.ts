import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPlace, codesIn, jsonOf, type Place, takePorts } from "./place.ts";
import { usersAreServed } from "./users.ts";

/** Every port that D.Coder would like to have, and the key service's. */
const WANTED = [8000, 8001, 8070, 8082, 8090, 8210] as const;
const RIGHT = { BATON_KEYS_PASSPHRASE: "the right horse" };
const WRONG = { BATON_KEYS_PASSPHRASE: "the wrong horse" };

/** What `up --json` tells. */
interface Up {
  readonly services: readonly { readonly id: string; readonly url: string }[];
  readonly moved: readonly { readonly name: string; readonly wanted: number; readonly got: number }[];
}

let place: Place;
let giveBack: () => Promise<void>;

beforeAll(async () => {
  // A long path with what shells and URLs stumble over; PostgreSQL's socket would not fit into it either.
  const deep = join("Zustand für später 100%", "状態 & co", "a".repeat(60), "b".repeat(60), ".baton");
  place = await aPlace("späte Eingabe", deep);
  await place.edit("platform.yaml", (t) =>
    t.replace("  command: [seed/main.ts]\n  env:\n", '$&    TENANTS: "3"\n    PROMPTS: "6"\n'),
  );
  giveBack = await takePorts(WANTED);
});

afterAll(async () => {
  await giveBack();
  await place.end();
});

test("taken ports move and say so, in a folder with a strange name; users sign in through what moved along", async () => {
  const up = await place.baton(["up", "--json"], RIGHT);
  expect(up.code, up.all).toBe(0);
  const { services, moved } = jsonOf<Up>(up);
  expect(new Set(moved.map(({ wanted }) => wanted))).toEqual(new Set([8000, 8001, 8070, 8082, 8090]));
  for (const { name, wanted, got } of moved) {
    expect(WANTED).not.toContain(got);
    expect(up.all).toContain(`Port ${wanted} was taken; ${name} uses ${got}`);
  }
  // Given from outside, so nothing was generated, and it is written nowhere.
  expect(up.stderr).not.toContain("generated");
  expect(await place.findInState(RIGHT.BATON_KEYS_PASSPHRASE)).toEqual([]);

  const identity = services.find(({ id }) => id.startsWith("identity@"));
  const issuer = await fetch(`${identity?.url}/.well-known/openid-configuration`);
  expect(await issuer.json()).toMatchObject({ issuer: identity?.url });
  await usersAreServed(place, 5);
});

test("a second `up` finds the first, and says that another passphrase has no effect on it", async () => {
  const again = await place.baton(["up"], WRONG);
  expect(again.code, again.all).toBe(0);
  expect(again.all).toContain("BATON_KEYS_PASSPHRASE has no effect");
});

test("a wrong passphrase, and none, open nothing, start nothing and change nothing", async () => {
  expect((await place.baton(["down"])).code).toBe(0);
  const sealed = join(place.stateDir, "keys", "keys.sealed");
  const before = await readFile(sealed);
  for (const env of [WRONG, {}]) {
    for (const args of [["up"], ["start", "--yes", "--exit"]]) {
      const said = await place.baton(args, env);
      expect(said.code, said.all).toBe(1);
      expect(codesIn(said)).toEqual(["BATON-KEYS-PASSPHRASE"]);
      expect(said.all).toContain("BATON_KEYS_PASSPHRASE");
      expect(said.all).not.toContain(WRONG.BATON_KEYS_PASSPHRASE);
      expect(await place.processes()).toEqual([]);
      expect(await place.state()).not.toContain("supervisor.json");
    }
  }
  expect(await readFile(sealed)).toEqual(before);
});

test("a service that does not start leaves nothing half-started, on a place that is new", async () => {
  const fresh = await aPlace();
  try {
    await fresh.edit("releases/R1/release.yaml", (t) =>
      t.replace("command: [services/gateway/main.ts]", "command: [services/gateway/nothing-here.ts]"),
    );
    const said = await fresh.baton(["up"]);
    expect(said.code, said.all).toBe(1);
    expect(codesIn(said)).toEqual(["BATON-DEPLOY-UNHEALTHY"]);
    expect(said.all).toContain("gateway@1.0.0");
    expect(said.all).toContain("Stopped again what had been started.");
    expect(await fresh.processes()).toEqual([]);
  } finally {
    await fresh.end();
  }
});
