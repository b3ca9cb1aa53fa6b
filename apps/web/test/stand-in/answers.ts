import type { AnswerOf, Routes, RunAction } from "@baton/contracts";
import { type Problem, ProblemError, RIGHTS_OF, stepTimes, tenantStates } from "@baton/core";
import type { z } from "zod";
import type { Scenario } from "./scenario.ts";
import type { StandingRun } from "./standing-run.ts";

interface Asked {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const ENVIRONMENT = "local";

const unknown = (code: Problem["code"], what: string): never => {
  throw new ProblemError({ code, message: `There is no ${what}.`, remedy: "Look at the list again." });
};

/** Everything the stand-in tells, by route. A route without an answer here is a fault of the test that asks for it. */
export function answersOf(scenario: Scenario): (name: string, asked: Asked) => Promise<unknown> {
  const runOf = (asked: Asked): StandingRun =>
    scenario.runs.find((run) => run.history.run === asked.params.run) ??
    unknown("BATON-RUN-UNKNOWN", "such run");
  const table: Readonly<Record<string, (asked: Asked) => unknown>> = {
    getMe: () => ({
      kind: "person",
      id: "https://login.example|maya",
      name: scenario.me,
      via: "https://login.example",
      environments: [{ environment: ENVIRONMENT, rights: scenario.rights }],
    }),
    listEnvironments: () => ({
      items: [{ environment: ENVIRONMENT, platform: "dcoder", title: "D.Coder", separationOfDuties: true }],
      nextCursor: null,
    }),
    getSurroundings: () => surroundings(scenario),
    listReleases: () => releases(scenario),
    planRelease: () => planAnswer(scenario.current),
    getPlan: (asked) =>
      planAnswer(
        scenario.runs.find((run) => run.history.plan.hash === asked.params.plan) ??
          unknown("BATON-RELEASE-UNKNOWN", "such plan"),
      ),
    comparePlans: () => comparison(scenario),
    listRuns: () => ({
      items: [...scenario.runs].reverse().map((run) => listed(run, scenario.now())),
      nextCursor: null,
    }),
    getRun: (asked) => runOf(asked).body(scenario.now()),
    listRunSteps: (asked) => runOf(asked).steps(),
    getRunStep: (asked) =>
      runOf(asked).step(String(asked.params.step)) ?? unknown("BATON-RUN-STEP", "such step"),
    getRunTenants: (asked) => runOf(asked).tenants(scenario.now()),
    getRunTenant: (asked) =>
      runOf(asked).tenant(String(asked.params.tenant)) ?? unknown("BATON-RUN-TENANT", "such tenant"),
    listRunEvents: (asked) => runEvents(scenario, asked),
    previewAction: (asked) => preview(scenario, runOf(asked), asked),
    getTraffic: () => traffic(scenario),
    getBackups: () => backups(scenario),
    listTenants: () => fleet(scenario),
    getTenant: (asked) => {
      const tenant =
        fleet(scenario).items.find((one) => one.tenant === asked.params.tenant) ??
        unknown("BATON-RUN-TENANT", "such tenant");
      const runs = [...scenario.runs].reverse().map((run) => ({
        run: run.history.run,
        release: run.index.plan.release,
        openedAt: run.state.openedAt ?? 0,
        outcome: run.state.ended?.outcome ?? null,
      }));
      return { tenant, runs };
    },
    searchEvents: (asked) => search(scenario, asked),
    getVerification: () => ({
      state: "never",
      startedAt: null,
      endedAt: null,
      position: 0,
      of: 0,
      result: null,
      problem: null,
    }),
    exportJournal: async () => scenario.tamper(await scenario.journal.exported()),
    getAuditKey: () => ({ key: scenario.journal.signer.key, publicKey: scenario.journal.signer.publicKey }),
    getAnchor: () => ({ place: ".baton/anchors", lines: [...scenario.journal.anchorLines] }),
    listIntegrations: () => ({ items: INTEGRATIONS }),
    testIntegration: (asked) => ({
      integration: String(asked.params.integration),
      works: asked.params.integration !== "provider",
      said: "Asked for its health and got it.",
      problem:
        asked.params.integration === "provider"
          ? {
              code: "BATON-ACCESS-PROVIDER",
              message: "The identity provider does not answer.",
              remedy: "See that it runs.",
            }
          : null,
      milliseconds: 4.2,
      at: scenario.now(),
    }),
    listPeople: () => ({
      items: [
        { person: "https://login.example|ana", name: "Ana Reyes", roles: ["operator"] },
        { person: "https://login.example|maya", name: "Maya Lind", roles: ["approver", "admin"] },
        { person: "https://login.example|tom", name: "Tom Okafor", roles: ["viewer"] },
      ],
      nextCursor: null,
    }),
    listInvitations: () => ({
      items: [
        {
          invitation: "inv-1",
          name: "Priya Nair",
          role: "approver",
          expiresAt: scenario.now() + 80_000_000,
          by: { kind: "person", name: "Maya Lind", via: "https://login.example" },
          status: "open",
        },
      ],
      nextCursor: null,
    }),
    listTokens: () => ({
      items: [
        {
          token: "tok-1",
          name: "release pipeline",
          scopes: ["view", "operate"],
          createdAt: scenario.now() - 86_400_000 * 3,
          expiresAt: scenario.now() + 86_400_000 * 27,
          maker: "https://login.example|maya",
          by: { kind: "person", name: "Maya Lind", via: "https://login.example" },
          status: "live",
        },
      ],
      nextCursor: null,
    }),
    ...Object.fromEntries(
      ACTIONS.map(([name, action]) => [
        name,
        (asked: Asked) => ({ action, launched: false, run: runOf(asked).body(scenario.now()) }),
      ]),
    ),
  };
  return async (name, asked) => {
    const answer = table[name];
    if (answer === undefined) throw new Error(`the stand-in has no answer for ${name}`);
    return answer(asked);
  };
}

const ACTIONS: readonly (readonly [string, z.infer<typeof RunAction>])[] = [
  ["approveRun", "approve"],
  ["approveGate", "approve-gate"],
  ["pauseRun", "pause"],
  ["resumeRun", "resume"],
  ["abortRun", "abort"],
  ["emergencyStop", "emergency-stop"],
  ["rollbackRun", "rollback"],
  ["retryRun", "retry"],
];

const INTEGRATIONS = [
  {
    integration: "journal",
    title: "Journal database",
    purpose: "Keeps everything that was ever done.",
    address: "127.0.0.1:5432",
  },
  {
    integration: "supervisor",
    title: "Supervisor",
    purpose: "Starts and stops versions of services.",
    address: "127.0.0.1:7071",
  },
  {
    integration: "keys",
    title: "Key service",
    purpose: "Holds the tenants' keys.",
    address: "127.0.0.1:8200",
  },
  {
    integration: "provider",
    title: "Identity provider",
    purpose: "Says who a person is.",
    address: "https://login.example",
  },
  {
    integration: "anchor",
    title: "Anchor",
    purpose: "A copy of the signed statements outside the database.",
    address: null,
  },
];

function surroundings(scenario: Scenario): AnswerOf<Routes["getSurroundings"]> {
  const { state } = scenario.current;
  const service = (name: string, title: string, version: string) => ({
    instance: `${name}@${version}`,
    service: name,
    title,
    version,
    state: "healthy" as const,
    restarts: 0,
  });
  return {
    environment: ENVIRONMENT,
    up: true,
    problem: null,
    rings: scenario.current.index.plan.rings,
    services: [
      service("identity", "Identity provider", "1.0.0"),
      service("platform-api", "Platform API", "1.0.0"),
      ...(state.startedAt === null ? [] : [service("platform-api", "Platform API", "2.0.0")]),
      service("gateway", "Gateway", "1.0.0"),
    ],
    postgres: "running",
    keys: "running",
    release: state.ended?.outcome === "succeeded" ? "R2" : "R1",
    run: scenario.current.history.run,
    conductor:
      state.status === "ended" || state.approvedBy === null
        ? null
        : { pid: 4711, command: "baton run R2", startedAt: new Date(state.startedAt ?? 0).toISOString() },
    at: scenario.now(),
  };
}

function releases(scenario: Scenario): AnswerOf<Routes["listReleases"]> {
  const { index, state, history } = scenario.current;
  const { plan } = index;
  const over = state.ended?.outcome === "succeeded";
  const base = {
    services: [],
    phases: [],
    plan: null,
    blockers: null,
    lookedAt: null,
    run: null,
    author: "ana",
  };
  const vault: Problem = {
    code: "BATON-PLATFORM-DOWN",
    message:
      "The vector store of R3 is not reachable: Milvus and pgvector must both answer before tenants are moved.",
    remedy: "Deploy Milvus beside pgvector and run `baton doctor`.",
    where: { file: "releases/R3/release.yaml", line: 12 },
  };
  return {
    items: [
      {
        ...base,
        release: "R1",
        from: null,
        title: "First release",
        channel: "GA",
        state: over ? "past" : "current",
        services: [{ service: "platform-api", title: "Platform API", version: "1.0.0" }],
      },
      {
        ...base,
        release: "R2",
        from: "R1",
        title: plan.title,
        channel: "Preview",
        state: over ? "current" : "under-way",
        run: history.run,
        services: [{ service: "platform-api", title: "Platform API", version: "2.0.0" }],
        phases: plan.phases.map(({ id, title, hold }) => ({ id, title, hold })),
        blockers: over ? null : [],
        plan: {
          hash: plan.hash,
          totalSeconds: plan.estimates.totalSeconds,
          worstRollbackSeconds: plan.estimates.worstRollbackSeconds,
          pointOfNoReturn: plan.estimates.pointOfNoReturn,
          tenants: plan.tenants.length,
          steps: plan.steps.length,
        },
        lookedAt: scenario.now(),
      },
      {
        ...base,
        release: "R3",
        from: "R2",
        title: "Vector search and guardrails",
        channel: "EA",
        state: over ? "next" : "later",
        blockers: over ? [vault] : null,
        lookedAt: over ? scenario.now() : null,
      },
      {
        ...base,
        release: "R4",
        from: "R3",
        title: "Marketplace, many regions",
        channel: "Beta",
        state: "later",
      },
    ],
    nextCursor: null,
  };
}

function planAnswer({ index }: StandingRun): AnswerOf<Routes["planRelease"]> {
  return {
    plan: index.plan,
    criticalPath: index.plan.estimates.criticalPath,
    times: [...stepTimes(index)],
    behindHold: [...index.behindHold],
  };
}

function comparison({ current }: Scenario): AnswerOf<Routes["comparePlans"]> {
  const { hash, release, from, estimates } = current.index.plan;
  const side = { hash, release, from, totalSeconds: estimates.totalSeconds };
  return {
    a: side,
    b: { ...side, hash: hash.replace(/^./, "f") },
    same: false,
    added: ["general.verify-twice"],
    removed: ["pilot.bake"],
    changed: [{ step: "hold.bake", fields: [{ path: "input.seconds", a: 600, b: 1_200 }] }],
    plan: [{ path: "limits.units", a: 4, b: 8 }],
  };
}

function listed(run: StandingRun, now: number): AnswerOf<Routes["listRuns"]>["items"][number] {
  const { state, history } = run;
  const body = run.body(now);
  const until = state.ended?.at ?? now;
  return {
    run: history.run,
    release: history.plan.release,
    from: history.plan.from,
    planHash: history.plan.hash,
    openedAt: state.openedAt ?? 0,
    openedBy: body.openedBy,
    outcome: body.outcome,
    endedAt: body.endedAt,
    told: {
      status: state.status,
      reason: state.ended?.reason ?? null,
      waitsFor: state.waiting?.reason ?? null,
      approvedBy: state.approvedBy,
      startedAt: state.startedAt,
      seconds: state.startedAt === null ? null : (until - state.startedAt) / 1000,
      steps: { total: body.steps.total, ended: body.steps.ended },
      rollback: state.rollback === null ? null : { ...state.rollback, seconds: null },
      parked: body.tenants.problems.map(({ tenant, problem }) => ({ tenant, problem })),
      figures:
        state.ended === null
          ? null
          : { requests: { total: 18_442, failed: 0 }, writes: { acknowledged: 2_310, lost: 0 } },
    },
    problem: null,
  };
}

function runEvents(scenario: Scenario, { params, query }: Asked): AnswerOf<Routes["listRunEvents"]> {
  const after = Number(query.cursor ?? 0);
  const limit = Number(query.limit ?? 50);
  const all = scenario.eventsOf(String(params.run)).filter((event) => {
    const data = event.data as { readonly step?: string; readonly unit?: string };
    return event.position > after && (query.step === undefined || data.step === query.step);
  });
  const items = all.slice(0, limit);
  return { items, nextCursor: all.length > limit ? String(items.at(-1)?.position ?? 0) : null };
}

function preview(scenario: Scenario, run: StandingRun, { params }: Asked): AnswerOf<Routes["previewAction"]> {
  const action = String(params.action) as z.infer<typeof RunAction>;
  const body = run.body(scenario.now());
  const needs = action === "approve" || action === "approve-gate" ? "approve" : "operate";
  const back = action === "rollback";
  const touched = run.steps().items.filter((step) => step.units.touched > 0);
  return {
    action,
    needs,
    permitted: scenario.rights.some((right) => RIGHTS_OF.admin.includes(right) && right === needs),
    refusal: back ? body.rollbackRefusal : null,
    does: back
      ? [
          `Takes back what ${touched.length} steps did, in reverse.`,
          "Every acknowledged write stays readable.",
        ]
      : [`The run is told to ${action}.`, "What is under way comes to its outcome first."],
    steps: back
      ? touched.map((step) => ({
          step: step.step,
          title: step.title,
          what: "is-undone" as const,
          tenants: step.fanOut ? step.units.touched : 0,
          seconds: step.undoSeconds,
        }))
      : [],
    seconds: back ? body.rollbackSeconds : null,
    position: run.position,
    at: scenario.now(),
  };
}

function traffic(scenario: Scenario): AnswerOf<Routes["getTraffic"]> {
  const { state } = scenario.current;
  const until = state.ended?.at ?? scenario.now();
  const from = (state.startedAt ?? until) - 30_000;
  const count = Math.max(2, Math.min(900, Math.round((until - from) / 1000)));
  const samples = Array.from({ length: count }, (_, at) => ({
    at: Math.round(from + at * 1000),
    perSecond: 58 + 6 * Math.sin(at / 7) + 3 * Math.sin(at / 2.3),
    failedPerSecond: 0,
    p50: 4,
    p99: 11 + (at > 30 ? 3 : 0) + 2 * Math.sin(at / 5) + (at % 41 === 40 ? 6 : 0),
  }));
  const total = Math.round(samples.reduce((sum, sample) => sum + sample.perSecond, 0));
  const window = (requests: number, p99: number) => ({ requests, failed: 0, p50: 4, p99, seconds: count });
  return {
    now: {
      running: true,
      requests: { total, failed: 0 },
      writes: { acknowledged: Math.round(total / 8) },
      windows: { before: window(900, 10.4), during: window(total, 13.1) },
    },
    reason: null,
    samples,
  };
}

function backups(scenario: Scenario): AnswerOf<Routes["getBackups"]> {
  const standing = (subject: string) => ({
    subject,
    verdict: "good" as const,
    takenAt: scenario.now() - 3_600_000,
    ageSeconds: 3_600,
    restoreSeconds: 8,
    why: "taken an hour ago and proven by a restore",
  });
  const tenants = scenario.current.index.plan.tenants.slice(0, 50).map((tenant) => standing(tenant.id));
  return { baton: standing("Baton"), tenants, restoreSeconds: 21, verdict: "good" };
}

function fleet(scenario: Scenario): AnswerOf<Routes["listTenants"]> {
  const { current } = scenario;
  const { plan } = current.index;
  const standings = tenantStates(current.index, current.state);
  const places = current.lastSteps();
  const fanOuts = plan.steps.filter((step) => step.fanOut);
  const items = plan.tenants.map((tenant, at) => {
    const standing = standings.get(tenant.id) ?? "pending";
    const step = fanOuts[places.get(tenant.id) ?? -1];
    const done = standing === "done";
    return {
      tenant: tenant.id,
      ring: tenant.ring,
      database: tenant.database,
      host: tenant.host,
      release: done ? "R2" : standing === "pending" ? "R1" : null,
      versions: [{ service: "platform-api", version: done ? "2.0.0" : "1.0.0" }],
      lastRun: {
        run: current.history.run,
        release: plan.release,
        outcome: current.state.ended?.outcome ?? null,
        standing,
        step: step?.id ?? null,
        stepTitle: step?.title ?? null,
        parked: current.state.parked.get(tenant.id) ?? null,
      },
      drift: at === 5 ? [{ what: "host" as const, planned: tenant.host, now: "127.0.0.1:5434" }] : [],
      receipt: false,
    };
  });
  return { items, nextCursor: null, total: items.length, at: scenario.now() };
}

function search(scenario: Scenario, { query }: Asked): AnswerOf<Routes["searchEvents"]> {
  const text = String(query.text ?? "").toLowerCase();
  const items = [...scenario.journal.stored]
    .reverse()
    .filter(
      (event) =>
        JSON.stringify(event).toLowerCase().includes(text) &&
        (query.type === undefined || event.type === query.type) &&
        (query.stream === undefined || event.stream.startsWith(String(query.stream))),
    );
  const limit = Number(query.limit ?? 50);
  return { items: items.slice(0, limit), nextCursor: null, lookedThroughTo: 1 };
}
