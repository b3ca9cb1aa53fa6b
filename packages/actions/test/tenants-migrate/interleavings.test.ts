import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Engine,
  engine,
  type KeyService,
  makeTenant,
  must,
  startKeys,
  type TestTenant,
  until,
} from "./fixture.ts";
import { whileWorkerIsHeld } from "./held.ts";
import { type Edit, mutatedPlatform } from "./mutated.ts";
import { newWrite, newWriteWithin, oldWrite, places, readAll, staleCount } from "./writers.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

async function withTenant(
  prompts: number,
  edits: readonly Edit[],
  work: (tenant: TestTenant, migrate: Engine) => Promise<void>,
): Promise<void> {
  const tenant = await makeTenant(keys, { prompts });
  const platform = edits.length > 0 ? await mutatedPlatform(edits) : null;
  try {
    await work(tenant, engine(tenant, keys, platform?.dir));
  } finally {
    await platform?.remove();
    await tenant.drop();
  }
}

/** Notes each ciphertext that is replaced by one of an older revision. Returns how many there were. */
async function watchRevisions(tenant: TestTenant): Promise<() => Promise<number>> {
  await tenant.admin.query(`
    create table public.went_back (prompt_id uuid);
    create function public.note_back() returns trigger language plpgsql security definer as $$
    begin
      if new.revision < old.revision then insert into public.went_back values (new.prompt_id); end if;
      return new;
    end $$;
    create trigger note_back before update on prompt_ciphertexts for each row execute function public.note_back()`);
  return async () => (await tenant.admin.query("select from public.went_back")).rowCount ?? 0;
}

/** R2 writes a row after the backfill has read it and before it writes. Returns how many ciphertexts got older by it. */
async function newWriteInBetween(tenant: TestTenant, migrate: Engine): Promise<number> {
  await migrate.upTo("dual-write");
  const wentBack = await watchRevisions(tenant);
  const [place] = await places(tenant);
  if (!place) throw new Error("the seed is missing");
  const dek = await keys.vault.dekForBundle(tenant.admin, tenant.id, place.bundle);
  let backfill: Promise<unknown> = Promise.resolve();
  await whileWorkerIsHeld(
    tenant,
    async () => {
      backfill = migrate.perform("backfill");
    },
    async (client) => newWriteWithin(client, keys.vault, tenant.id, place, "newer, by R2", dek),
  );
  await backfill;
  const read = await readAll(tenant, keys.vault);
  expect(read.get(`${place.prompt}/${place.version}`)?.text).toBe("newer, by R2");
  return wentBack();
}

test("M238 the revision guard: a write of R2 between read and write of the backfill is not overwritten", () =>
  withTenant(4, [], async (tenant, migrate) => {
    expect(await newWriteInBetween(tenant, migrate)).toBe(0);
    expect(await staleCount(tenant)).toBe(0);
  }));

test("M238 removing the revision guard on purpose is seen: a newer ciphertext is replaced by an older one", () =>
  withTenant(
    4,
    [
      {
        file: "rows.ts",
        from: "and v.version = s.version and v.revision = s.revision",
        to: "and v.version = s.version",
      },
      {
        file: "rows.ts",
        from: "select v.prompt_id, v.version, v.revision,",
        to: "select v.prompt_id, v.version, s.revision,",
      },
      { file: "rows.ts", from: "where c.revision < excluded.revision", to: "" },
    ],
    async (tenant, migrate) => {
      expect(await newWriteInBetween(tenant, migrate)).toBe(1);
    },
  ));

test("M238 a write of R1 between read and write of the backfill writes nothing old: the row is taken again", () =>
  withTenant(4, [], async (tenant, migrate) => {
    await migrate.upTo("dual-write");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    let backfill: ReturnType<Engine["perform"]> = Promise.reject();
    backfill.catch(() => undefined);
    await whileWorkerIsHeld(
      tenant,
      async () => {
        backfill = migrate.perform("backfill");
      },
      async (client) => oldWrite(client, place, "newer, by R1"),
    );
    expect(must(await backfill)).toMatchObject({ total: 4, encrypted: 4, rows: 8 });
    const read = await readAll(tenant, keys.vault);
    expect(read.get(`${place.prompt}/${place.version}`)).toEqual({ text: "newer, by R1", sealed: true });
  }));

test("M238 an old writer all through the backfill, then fence and sweep: nothing is lost, nothing stays stale", () =>
  withTenant(30, [], async (tenant, migrate) => {
    await migrate.upTo("dual-write");
    const r1 = await tenant.as("r1");
    const all = await places(tenant);
    const written = new Map<string, string>();
    let fenced = false;
    const writer = (async () => {
      for (let n = 0; !fenced; n += 1) {
        const place = all[n % all.length];
        if (!place) throw new Error("the seed is missing");
        const text = `written by R1, ${n}`;
        try {
          await oldWrite(r1, place, text);
          written.set(`${place.prompt}/${place.version}`, text); // acknowledged
        } catch (error) {
          expect(error).toMatchObject({ code: "42501" });
          return;
        }
      }
    })();
    await until("R1 has written", async () => written.size > 5);
    must(await migrate.perform("backfill"));
    must(await migrate.perform("fence"));
    await writer;
    fenced = true;
    expect(must(await migrate.perform("sweep"))).toMatchObject({ total: 30, encrypted: 30 });
    expect(must(await migrate.perform("verify"))).toMatchObject({ total: 30, verified: 30 });
    const read = await readAll(tenant, keys.vault);
    for (const [place, text] of written) expect(read.get(place)).toEqual({ text, sealed: true });
  }));

test("M238 the fence waits for an open transaction of R1, whose write the sweep then finds", () =>
  withTenant(4, [], async (tenant, migrate) => {
    await migrate.upTo("backfill");
    const r1 = await tenant.as("r1");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    await r1.query("begin");
    await oldWrite(r1, place, "begun before the fence");
    let done = false;
    const fence = migrate.perform("fence").finally(() => {
      done = true;
    });
    await until("the right to write is gone", async () => (await migrate.observe("fence")) === "partial");
    expect(done).toBe(false);
    expect(await migrate.check("sweep")).toEqual(["BATON-MIGRATE-STAGE"]);
    await r1.query("commit");
    expect(must(await fence)).toMatchObject({ sessionsEnded: 0 });
    expect(await migrate.observe("fence")).toBe("present");
    expect(await staleCount(tenant)).toBe(1);
    expect(await migrate.perform("sweep")).toMatchObject({ ok: true, value: { encrypted: 4, rows: 1 } });
    await expect(oldWrite(r1, place, "after the fence")).rejects.toMatchObject({ code: "42501" });
    await newWrite(await tenant.as("r2"), keys.vault, tenant.id, place, "R2 may");
    expect(await staleCount(tenant)).toBe(0);
  }));

test("M238 a transaction that R1 forgot is ended when the fence's time is over, and was never acknowledged", () =>
  withTenant(
    2,
    [{ file: "migration.yaml", from: "waitSeconds: 10", to: "waitSeconds: 0.2" }],
    async (tenant, migrate) => {
      await migrate.upTo("backfill");
      const r1 = await tenant.as("r1");
      const [place] = await places(tenant);
      if (!place) throw new Error("the seed is missing");
      await r1.query("begin");
      await oldWrite(r1, place, "never committed");
      expect(must(await migrate.perform("fence"))).toMatchObject({ sessionsEnded: 1 });
      await expect(r1.query("commit")).rejects.toThrow();
      expect(must(await migrate.perform("sweep"))).toMatchObject({ encrypted: 2, rows: 0 });
    },
  ));
