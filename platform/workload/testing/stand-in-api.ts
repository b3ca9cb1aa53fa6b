import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  digest,
  type Faults,
  refusal,
  type StandInAnswer,
  type StandInPrompt,
  type StandInTenant,
  strike,
} from "./stand-in-store.ts";

const MAX_PAGE = 7;
const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200),
  cursor: z.string().optional(),
});
const NewBundle = z.strictObject({ name: z.string().min(1).max(200) });
const NewPrompt = z.strictObject({
  bundleId: z.uuid(),
  name: z.string().min(1).max(200),
  body: z.string().min(1),
});
const NewBody = z.strictObject({ body: z.string().min(1) });

/** A request as the stand-in's routes see it. */
export interface StandInCall {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly body: unknown;
}

/** What a write would keep. It is kept unless the stand-in is told to lose it. */
interface Change {
  readonly status: number;
  readonly id: string;
  readonly version: number;
  readonly body: string;
  keep(): void;
}

/** The part of D.Coder's API the workload uses, strict about every field. */
export function answerCall(tenant: StandInTenant, call: StandInCall, faults: Faults): StandInAnswer {
  const { method, path } = call;
  if (path === "/v1/bundles")
    return method === "GET" ? listed(tenant.bundles, call) : newBundle(tenant, call);
  if (path === "/v1/prompts" && method === "GET") {
    const items = [...tenant.prompts.values()].map(({ id, bundleId, name, bodies }) => ({
      id,
      bundleId,
      name,
      version: bodies.length,
    }));
    return listed(items, call);
  }
  if (method === "GET") return read(tenant, path, faults);
  const change = plan(tenant, call);
  if ("body" in change && "keep" in change) {
    // After a loss everything is refused, until the test says otherwise: a later write would hide what was lost.
    if (strike(faults, "lose")) faults.refuse = Number.POSITIVE_INFINITY;
    else change.keep();
    const { id, version } = change;
    return { status: change.status, body: { id, version, sha256: digest(change.body) } };
  }
  return change;
}

/** A page of things in order of their ids; its size is at most `MAX_PAGE`, so that every list needs its cursor. */
export function listed<Item extends { readonly id: string }>(
  items: readonly Item[],
  call: StandInCall,
): StandInAnswer {
  const query = Page.safeParse(call.query);
  if (!query.success) return refusal(400, "request.query");
  const { cursor, limit } = query.data;
  const sorted = [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rest = sorted.filter((item) => cursor === undefined || item.id > cursor);
  const shown = rest.slice(0, Math.min(limit, MAX_PAGE));
  return {
    status: 200,
    body: { items: shown, nextCursor: shown.length < rest.length ? (shown.at(-1)?.id ?? null) : null },
  };
}

function newBundle(tenant: StandInTenant, call: StandInCall): StandInAnswer {
  const input = NewBundle.safeParse(call.body);
  if (!input.success) return refusal(400, "request.invalid");
  const bundle = { id: randomUUID(), name: input.data.name };
  tenant.bundles.push(bundle);
  return { status: 201, body: bundle };
}

function read(tenant: StandInTenant, path: string, faults: Faults): StandInAnswer {
  const match = /^\/v1\/prompts\/([^/]+)(?:\/versions\/(\d+))?$/.exec(path);
  const prompt = tenant.prompts.get(match?.[1] ?? "");
  if (prompt === undefined) return refusal(404, "prompt.absent");
  const version = match?.[2] === undefined ? prompt.bodies.length : Number(match[2]);
  const kept = prompt.bodies[version - 1];
  if (kept === undefined) return refusal(404, "prompt.absent");
  const body = strike(faults, "misread") ? `${kept} (of somebody else)` : kept;
  return {
    status: 200,
    body: { id: prompt.id, bundleId: prompt.bundleId, name: prompt.name, version, body },
  };
}

function plan(tenant: StandInTenant, call: StandInCall): Change | StandInAnswer {
  if (call.method === "POST" && call.path === "/v1/prompts") return planPrompt(tenant, call);
  const match = /^\/v1\/prompts\/([^/]+)(\/versions)?$/.exec(call.path);
  const prompt = tenant.prompts.get(match?.[1] ?? "");
  if (prompt === undefined) return refusal(404, "prompt.absent");
  const input = NewBody.safeParse(call.body);
  if (!input.success) return refusal(400, "request.invalid");
  return planBody(prompt, match?.[2] === undefined, input.data.body);
}

function planBody(prompt: StandInPrompt, amends: boolean, body: string): Change {
  const at = amends ? prompt.bodies.length - 1 : prompt.bodies.length;
  const keep = (): void => {
    prompt.bodies[at] = body;
  };
  return { status: amends ? 200 : 201, id: prompt.id, version: at + 1, body, keep };
}

function planPrompt(tenant: StandInTenant, call: StandInCall): Change | StandInAnswer {
  const input = NewPrompt.safeParse(call.body);
  if (!input.success) return refusal(400, "request.invalid");
  const { bundleId, name, body } = input.data;
  if (!tenant.bundles.some((bundle) => bundle.id === bundleId)) return refusal(404, "bundle.absent");
  const id = randomUUID();
  const keep = (): void => {
    tenant.prompts.set(id, { id, bundleId, name, bodies: [body] });
  };
  return { status: 201, id, version: 1, body, keep };
}
