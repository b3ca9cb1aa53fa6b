import { type AnswerOf, routes } from "@baton/contracts";
import { aPlan } from "@baton/testkit/builders/index";
import { afterAll, beforeAll, expect, test } from "vitest";
import { driveHere } from "./drive-here.ts";
import {
  codesOf,
  environment,
  openedRun,
  type PlatformServer,
  platformServer,
  value,
} from "./platform-server.ts";

const tenants = ["t1", "t2", "t3"];
const plan = aPlan({
  tenants,
  steps: [
    { id: "main.deploy" },
    { id: "main.each", after: ["main.deploy"], units: tenants },
    { id: "main.last", after: ["main.each"] },
  ],
});

let server: PlatformServer;
let run = "";
let ended = "";
beforeAll(async () => {
  server = await platformServer();
  ended = await openedRun(server.journal, plan);
  await driveHere(server.journal, ended);
  run = await openedRun(server.journal, plan);
});
afterAll(() => server.stop());

test("a run is told as the journal has it: list, summary, steps, units, tenants, events", async () => {
  const api = await server.program(["view"]);
  const listed = value(await api.listRuns({ params: { environment } }));
  expect(listed.items.map((one) => [one.run, one.outcome, one.told?.steps.ended])).toEqual([
    [run, null, 0],
    [ended, "succeeded", 3],
  ]);
  const params = { environment, run: ended };
  const told = value(await api.getRun({ params }));
  expect(told).toMatchObject({ run: ended, status: "ended", outcome: "succeeded", drivenBy: null });
  expect(told.openedBy.name).toBe("ada");
  const steps = value(await api.listRunSteps({ params }));
  expect(steps.items.map(({ step, status, units }) => [step, status, units.done])).toEqual([
    ["main.deploy", "succeeded", 1],
    ["main.each", "succeeded", 3],
    ["main.last", "succeeded", 1],
  ]);
  const each = value(await api.getRunStep({ params: { ...params, step: "main.each" }, query: { limit: 2 } }));
  expect(each.units.items.map(({ unit, status }) => [unit, status])).toEqual([
    ["t1", "done"],
    ["t2", "done"],
  ]);
  const rest = await api.getRunStep({
    params: { ...params, step: "main.each" },
    query: { cursor: each.units.nextCursor ?? "" },
  });
  expect(value(rest).units).toMatchObject({ items: [{ unit: "t3" }], nextCursor: null });
  const columns = value(await api.getRunTenants({ params }));
  expect(columns.tenants.id).toEqual(tenants);
  expect(columns.tenants.standing.map((at) => columns.standings[at])).toEqual(["done", "done", "done"]);
  expect(columns.tenants.step.map((at) => columns.steps[at]?.step)).toEqual(Array(3).fill("main.each"));
  const one = value(await api.getRunTenant({ params: { ...params, tenant: "t2" } }));
  expect(one).toMatchObject({ standing: "done", steps: [{ step: "main.each", status: "done" }] });
});

test("events come page by page, each once, and of one step or tenant alone", async () => {
  const api = await server.program(["view"]);
  const params = { environment, run: ended };
  const all = value(await server.journal.read(`run/${ended}`)).map(({ position }) => position);
  const got: number[] = [];
  for (let cursor: string | null = "0"; cursor !== null; ) {
    const page: AnswerOf<typeof routes.listRunEvents> = value(
      await api.listRunEvents({ params, query: { limit: 4, cursor } }),
    );
    got.push(...page.items.map(({ position }) => position));
    cursor = page.nextCursor;
  }
  expect(got).toEqual(all);
  const ofTenant = value(await api.listRunEvents({ params, query: { tenant: "t2" } })).items;
  expect(ofTenant.map(({ type }) => type)).toEqual(["effect.intended", "effect.done"]);
  const ofStep = value(await api.listRunEvents({ params, query: { step: "main.last" } })).items;
  expect(ofStep.map(({ type }) => type)).toContain("step.started");
});

test("releases stand in line with what blocks the next, and a plan can be looked at and compared", async () => {
  const api = await server.program(["view"]);
  const { items } = value(await api.listReleases({ params: { environment } }));
  expect(items.map(({ release }) => release).slice(0, 2)).toEqual(["R1", "R2"]);
  const other = value(await api.planRelease({ params: { environment, release: "R2" } }));
  expect(other.plan.release).toBe("R2");
  expect(other.times).toHaveLength(other.plan.steps.length);
  const stored = value(await api.getPlan({ params: { environment, plan: plan.hash } }));
  expect(stored.plan.hash).toBe(plan.hash);
  const compared = value(
    await api.comparePlans({ params: { environment }, query: { a: plan.hash, b: "R2" } }),
  );
  expect(compared.same).toBe(false);
  expect(compared.removed).toEqual(["main.deploy", "main.each", "main.last"]);
});

test("the fleet is told tenant by tenant, ring by ring", async () => {
  const api = await server.program(["view"]);
  const fleet = value(await api.listTenants({ params: { environment }, query: { limit: 2 } }));
  expect(fleet).toMatchObject({ total: 3, nextCursor: "t2" });
  expect(fleet.items[0]).toMatchObject({ tenant: "t1", lastRun: { run, standing: "pending" } });
  const one = value(await api.getTenant({ params: { environment, tenant: "t3" } }));
  expect(one.runs.map((each) => each.run)).toEqual([run, ended]);
});

test("the journal is searched backwards and by what is asked for, and exported whole", async () => {
  const api = await server.program(["view"]);
  const params = { environment };
  const opened = value(await api.searchEvents({ params, query: { type: "run.opened", text: "ADA" } }));
  expect(opened.items.map(({ stream }) => stream)).toEqual([`run/${run}`, `run/${ended}`]);
  const some = value(await api.searchEvents({ params, query: { limit: 3 } }));
  const more = value(
    await api.searchEvents({ params, query: { cursor: some.nextCursor ?? "", limit: 200 } }),
  );
  const end = value(await server.journal.audit.end());
  expect([...some.items, ...more.items].map(({ position }) => position)).toEqual(
    Array.from({ length: end }, (_, at) => end - at),
  );
  const exported = value(await api.raw("exportJournal", { params, query: { run: ended } }));
  const lines = (await exported.text()).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).kind)).toEqual([
    "journal",
    ...value(await server.journal.read(`run/${ended}`)).map(() => "event"),
    "end",
  ]);
});

test("all that is looked at answers as the contracts say, with no data shown as none", async () => {
  const api = await server.program(["view"]);
  const params = { environment };
  expect(value(await api.getSurroundings({ params }))).toMatchObject({ up: false, services: [], run });
  expect(value(await api.getTraffic({ params }))).toMatchObject({ now: null, samples: [] });
  expect(value(await api.getBackups({ params })).verdict).toBe("bad");
  expect(value(await api.getVerification({ params })).state).toBe("never");
  expect(value(await api.listStatements({ params })).items).toEqual([]);
  expect(value(await api.getAnchor({ params })).lines).toBeNull();
  expect(value(await api.getAuditKey({ params })).publicKey).toContain("BEGIN PUBLIC KEY");
  expect(value(await api.listIntegrations({ params })).items.length).toBeGreaterThan(4);
  expect(value(await api.getMe()).environments).toEqual([{ environment, rights: ["view"] }]);
  const actions = value(await api.listActions({ params: { environment, run } }));
  expect(actions.items.map(({ action, permitted }) => [action, permitted])).toContainEqual(["pause", false]);
  expect(value(await api.getReady()).position).toBeGreaterThan(0);
  const figures = await value(await api.raw("getMetrics", {})).text();
  expect(figures).toContain('route="/v1/environments/:environment/runs"');
});

test("a check of the whole journal runs beside the requests, and says what it found", async () => {
  const api = await server.program(["view"]);
  const params = { environment };
  expect(value(await api.startVerification({ params, body: {} })).state).toBe("running");
  await expect
    .poll(async () => value(await api.getVerification({ params })).state, { timeout: 60_000 })
    .toBe("done");
  const { result } = value(await api.getVerification({ params }));
  // Nothing was signed here: all fits, and nobody vouches for it.
  expect(result).toMatchObject({ intact: null, found: 0 });
});

test("who is nobody, may not, asks for nothing that is there, or asks badly is told so and no more", async () => {
  const api = await server.program(["view"]);
  const params = { environment, run };
  expect(codesOf(await server.anonymous().getRun({ params }))).toEqual(["BATON-ACCESS-SIGN-IN"]);
  expect(codesOf(await api.pauseRun({ params, body: { reason: "x" } }))).toEqual(["BATON-ACCESS-FORBIDDEN"]);
  expect(codesOf(await api.listPeople({ params: { environment } }))).toEqual(["BATON-ACCESS-FORBIDDEN"]);
  expect(codesOf(await api.getRun({ params: { environment: "mars", run } }))).toEqual([
    "BATON-API-ENVIRONMENT",
  ]);
  expect(codesOf(await api.getRun({ params: { environment, run: "r9" } }))).toEqual(["BATON-RUN-UNKNOWN"]);
  expect(codesOf(await api.getRun({ params: { environment, run: "../../etc/passwd" } }))).toEqual([
    "BATON-RUN-UNKNOWN",
  ]);
  expect(codesOf(await api.listRuns({ params: { environment }, query: { cursor: "r9" } }))).toEqual([
    "BATON-API-CURSOR",
  ]);
  const unknown = api.getPlan({ params: { environment, plan: "0".repeat(64) } });
  expect(codesOf(await unknown)).toEqual(["BATON-API-PLAN"]);
  expect(codesOf(await api.getTenant({ params: { environment, tenant: "t9" } }))).toEqual([
    "BATON-API-TENANT",
  ]);
});

test("all that is wrong with a request is told at once, in one form, with its place and status", async () => {
  const { token } = await server.program(["view", "operate"]);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}${path}`, { headers, ...init });
    const body = (await response.json()) as {
      error?: { code: string; details: { problems: { code: string; where?: { path: string } }[] } };
    };
    return {
      status: response.status,
      code: body.error?.code,
      problems: body.error?.details.problems ?? [],
      response,
    };
  };
  const at = `/v1/environments/${environment}/runs`;
  const query = await ask(`${at}?limit=0&colour=red`);
  expect(query.status).toBe(400);
  expect(query.problems.map(({ where }) => where?.path).sort()).toEqual(["query.colour", "query.limit"]);
  const post = (body: string, more: Record<string, string> = {}) =>
    ask(`${at}/${run}/pause`, { method: "POST", body, headers: { ...headers, ...more } });
  expect(await post("{")).toMatchObject({ status: 400, code: "BATON-API-JSON" });
  expect(await post("[1]")).toMatchObject({ status: 400, code: "BATON-API-INPUT" });
  expect(await post('{"reason":" ","why":1}')).toMatchObject({
    status: 400,
    problems: [{ where: { path: "body.reason" } }, { where: { path: "body.why" } }],
  });
  expect(await post('{"reason":"zero\\u0000byte"}')).toMatchObject({ status: 400, code: "BATON-API-INPUT" });
  expect(await post('{"reason":"half\\ud800"}')).toMatchObject({ status: 400, code: "BATON-API-INPUT" });
  expect(await post("reason=x", { "content-type": "text/plain" })).toMatchObject({ status: 415 });
  const big = JSON.stringify({ reason: "x".repeat(10 * 1024 * 1024) });
  expect(await post(big)).toMatchObject({ status: 413, code: "BATON-API-BODY" });
  expect(await post('{"reason":"x"}', { "idempotency-key": "k".repeat(201) })).toMatchObject({ status: 400 });
  expect(await ask("/v1/nothing")).toMatchObject({ status: 404, code: "BATON-API-ROUTE" });
  expect(await ask("/v1/%zz")).toMatchObject({ status: 400, code: "BATON-API-INPUT" });
  const wrong = await ask(at, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
  expect([wrong.status, wrong.response.headers.get("allow")]).toEqual([405, "GET"]);
  expect(value(await server.journal.read(`run/${run}/control`)).map(({ type }) => type)).toEqual([
    "run.approved",
  ]);
});

test("what is registered is what is described, and the reference page needs nothing from elsewhere", async () => {
  const described = value(await server.anonymous().getOpenApi()) as unknown as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const names = Object.values(described.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(names.sort()).toEqual(Object.keys(routes).sort());
  const page = await fetch(`${server.url}/v1/reference`);
  const html = await page.text();
  for (const { path } of Object.values(routes)) expect(html).toContain(path);
  expect(html).not.toMatch(/<script|(?:src|href)="https?:/);
  expect((await fetch(`${server.url}/v1/reference.css`)).headers.get("content-type")).toContain("text/css");
});
