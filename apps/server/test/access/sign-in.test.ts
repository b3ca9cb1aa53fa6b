import { readAccess } from "@baton/conductor";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AccessServer,
  accessServer,
  builtIn,
  environment,
  invitation,
  PASSWORD,
  serverOfAnn,
  signInBuiltIn,
} from "./access-server.ts";

let server: AccessServer;
beforeAll(async () => {
  ({ server } = await serverOfAnn());
});
afterAll(() => server.stop());

test("on a laptop without internet: the code at the start makes the first an administrator, who invites a second person", async () => {
  const own = await accessServer();
  try {
    expect(own.firstCode).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
    const first = own.browser();
    expect((await first.get("/v1/view")).status).toBe(401);
    expect((await signInBuiltIn(first, "ann", "0000-0000-0000-0000")).status).toBe(403);
    await signInBuiltIn(first, "Ann", own.firstCode);
    const me = await first.get("/v1/administer");
    expect([me.status, JSON.parse(me.body)]).toMatchObject([200, { principal: builtIn("ann") }]);

    const second = own.browser();
    await signInBuiltIn(second, "bob", await invitation(own, "approver"));
    const rights = ["view", "approve", "operate", "administer"];
    const statuses = await Promise.all(
      rights.map(async (right) => (await second.get(`/v1/${right}`)).status),
    );
    expect(statuses).toEqual([200, 200, 403, 403]);
    const read = await readAccess(own.journal, environment);
    const people = read.ok ? [...read.value.state.people.values()] : [];
    expect(people.map(({ id, roles }) => [id, roles.toArray()])).toEqual([
      ["built-in|ann", ["admin"]],
      ["built-in|bob", ["approver"]],
    ]);

    // The code printed at the start is spent, and another start prints none.
    expect((await signInBuiltIn(own.browser(), "carl", own.firstCode)).status).toBe(403);
    expect((await own.again()).firstCode).toBeNull();
  } finally {
    await own.stop();
  }
});

test("a second time the name and the password do; a wrong password and an unknown name are refused alike", async () => {
  const who = server.browser();
  const wrong = await signInBuiltIn(who, "ann", null, "not the password");
  const unknown = await signInBuiltIn(who, "zoe", null, "not the password");
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(wrong.body.replaceAll("ann", "zoe")).toBe(unknown.body);
  await signInBuiltIn(who, "ann");
  expect((await who.get("/v1/view")).status).toBe(200);
});

test("who signs out is signed out, also where the cookie was kept; the provider asks again", async () => {
  const who = server.browser();
  await signInBuiltIn(who, "ann");
  const kept = new Map(who.cookies);
  expect((await who.post("/auth/logout", {})).status).toBe(204);
  for (const [name, value] of kept) who.cookies.set(name, value);
  expect((await who.get("/v1/view")).status).toBe(401);
  const page = await who.open("/auth/login");
  expect(page.body).toContain("Password");
});

test("a session survives a restart of the server, ends after four hours without a request, and after twelve at most", async () => {
  const { server: own, ann } = await serverOfAnn();
  try {
    const hour = 3_600_000;
    const statuses: number[] = [];
    for (const hours of [3, 3, 3, 2, 2]) {
      own.pass(hours * hour);
      statuses.push((await ann.get("/v1/view")).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 401]);
    await signInBuiltIn(ann, "ann");
    const restarted = await own.again();
    const secret = ann.cookies.get(`baton-session-${new URL(own.url).port}`);
    const cookie = `baton-session-${new URL(restarted.url).port}=${secret}`;
    expect((await fetch(`${restarted.url}/v1/view`, { headers: { cookie } })).status).toBe(200);
    own.pass(4 * hour);
    expect((await ann.get("/v1/view")).status).toBe(401);
  } finally {
    await own.stop();
  }
});

test("a name that is taken, a short password or a name that is none makes no account and leaves the code open", async () => {
  const code = await invitation(server, "viewer");
  const who = server.browser();
  expect((await signInBuiltIn(who, "ann", code)).status).toBe(409);
  expect((await signInBuiltIn(who, "dora", code, "short")).status).toBe(422);
  expect((await signInBuiltIn(who, "<script>", code)).status).toBe(422);
  await signInBuiltIn(who, "dora", code, PASSWORD);
  expect((await who.get("/v1/view")).status).toBe(200);
});
