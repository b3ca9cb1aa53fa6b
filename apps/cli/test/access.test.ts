import { readAccess } from "@baton/conductor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LivePlatform, livePlatform, must } from "./live-platform.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 300_000);

const codesOf = (value: unknown) =>
  ((value as { problems?: { code: string }[] }).problems ?? []).map(({ code }) => code);

test("at the machine itself: people are invited, tokens made, listed and revoked; what is secret is shown once", async () => {
  const say = (...args: string[]) => platform.json(...args);
  const invited = await say("access", "invite", "Bob", "--role", "approver", "--reason", "two pairs of eyes");
  const { code, invitation } = invited.value as { code: string; invitation: string };
  expect(invited.code).toBe(0);
  expect(code).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
  const made = await say(
    "token",
    "create",
    "ci",
    "--scope",
    "view",
    "--scope",
    "operate",
    "--expires",
    "12h",
  );
  const { id, token } = made.value as { id: string; token: string };
  expect([made.code, token]).toEqual([0, expect.stringMatching(/^baton_[\w-]{43}$/)]);
  expect(await say("token", "list")).toMatchObject({
    code: 0,
    value: { tokens: [{ token: id, name: "ci", scopes: ["operate", "view"], status: "live", maker: null }] },
  });
  expect(await say("access", "list")).toMatchObject({
    code: 0,
    value: { people: [], invitations: [{ invitation, name: "Bob", role: "approver", status: "open" }] },
  });
  expect((await say("token", "revoke", id)).code).toBe(0);
  expect((await say("access", "uninvite", invitation)).code).toBe(0);
  const refused = [
    await say("token", "create", "ci", "--scope", "view", "--expires", "400d"),
    await say("token", "revoke", "token-0"),
    await say("access", "uninvite", invitation),
    await say("access", "grant", "built-in|bob", "--role", "viewer"),
  ];
  expect(refused.map(({ code: exit, value }) => [exit, ...codesOf(value)])).toEqual([
    [3, "BATON-ACCESS-EXPIRY"],
    [3, "BATON-ACCESS-NO-TOKEN"],
    [3, "BATON-ACCESS-NO-INVITATION"],
    [3, "BATON-ACCESS-NO-PERSON"],
  ]);
  const { journal, definition } = platform.session;
  const access = must(await readAccess(journal, definition.platform.environment));
  expect(access.state.tokens.get(id)?.revoked).toBe(true);
  const events = must(await journal.read(`access/${definition.platform.environment}`));
  expect(events.map(({ type }) => type)).toEqual([
    "access.invited",
    "access.token-created",
    "access.token-revoked",
    "access.invitation-revoked",
  ]);
  expect(events[0]?.data).toMatchObject({ by: { via: "local account" }, reason: "two pairs of eyes" });
  expect(JSON.stringify(events)).not.toContain(code);
  expect(JSON.stringify(events)).not.toContain(token);
  expect(await platform.start("token", "create", "ci", "--scope", "approve").ended).toBe(2);
});
