import { AnyProblem, failed, ok, type Problem, type Result } from "@baton/core";
import type { JsonAnswer, StreamAnswer } from "../route/answer.ts";
import { fillPath } from "../route/fill-path.ts";
import type { AnswerOf, Given, Route } from "../route/route.ts";
import { type Routes, routes } from "../routes.ts";
import { ErrorBody } from "../shapes/problem.ts";
import { followStream, type StreamMessage } from "./follow-stream.ts";

export interface ClientOptions {
  /** Without a path: `https://baton.example`. In a browser "" is the page's own. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** Sent with every request, such as a token or the guard against forged requests. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Under which a request that changes something is done once, however often it is sent. */
  readonly idempotencyKey?: string;
}

type JsonName = { [N in keyof Routes]: Routes[N]["answer"] extends JsonAnswer ? N : never }[keyof Routes];
type StreamName = { [N in keyof Routes]: Routes[N]["answer"] extends StreamAnswer ? N : never }[keyof Routes];
type OtherName = Exclude<keyof Routes, JsonName | StreamName>;

type Call<R extends Route> =
  Record<never, never> extends Given<R>
    ? (given?: Given<R>, options?: CallOptions) => Promise<Result<AnswerOf<R>>>
    : (given: Given<R>, options?: CallOptions) => Promise<Result<AnswerOf<R>>>;

/** Every route as a function. What went wrong comes back as a value: the server's problems, or `BATON-API-UNREACHABLE`. */
export type Client = { readonly [N in JsonName]: Call<Routes[N]> } & {
  /** Follows a stream, and takes it up again behind its last event when the connection is lost, until the signal comes. */
  follow<N extends StreamName>(
    name: N,
    given: Given<Routes[N]>,
    options: { readonly signal: AbortSignal; readonly onTrouble?: (problem: Problem) => void },
  ): AsyncGenerator<StreamMessage>;
  /** The raw answer of a route that is no JSON document: an export, a page, figures. */
  raw<N extends OtherName>(
    name: N,
    given: Given<Routes[N]>,
    options?: CallOptions,
  ): Promise<Result<Response>>;
  /** A route's address with its path and query filled in, for links and for the browser's own EventSource. */
  urlOf<N extends keyof Routes>(name: N, given: Given<Routes[N]>): string;
};

interface AnyGiven {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A client of the API, for the browser and for Node, typed by the same routes the server is made of. */
export function createClient(options: ClientOptions): Client {
  const send = (route: Route, given: AnyGiven, call: CallOptions) => request(options, route, given, call);
  const calls = Object.values(routes as Readonly<Record<string, Route>>)
    .filter(({ answer }) => answer.kind === "json")
    .map((route) => [
      route.name,
      async (given: AnyGiven = {}, call: CallOptions = {}) => {
        const response = await send(route, given, call);
        return response.ok ? readJson(response.value) : response;
      },
    ]);
  const special = {
    follow: (
      name: StreamName,
      given: AnyGiven,
      { signal, onTrouble }: { signal: AbortSignal; onTrouble?: (p: Problem) => void },
    ) =>
      followStream({
        open: (lastEventId) =>
          request(
            options,
            routes[name],
            given,
            { signal },
            lastEventId === null ? {} : { "last-event-id": lastEventId },
          ),
        signal,
        ...(onTrouble === undefined ? {} : { onTrouble }),
      }),
    raw: (name: OtherName, given: AnyGiven, call: CallOptions = {}) => send(routes[name], given, call),
    urlOf: (name: keyof Routes, given: AnyGiven) => addressOf(options.baseUrl, routes[name], given),
  };
  return { ...Object.fromEntries(calls), ...special } as unknown as Client;
}

function addressOf(baseUrl: string, route: Route, { params = {}, query = {} }: AnyGiven): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const tail = search.size === 0 ? "" : `?${search}`;
  return `${baseUrl}${fillPath(route.path, params)}${tail}`;
}

async function request(
  { baseUrl, fetch: ask = fetch, headers = () => ({}) }: ClientOptions,
  route: Route,
  given: AnyGiven,
  { signal, idempotencyKey }: CallOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<Result<Response>> {
  const url = addressOf(baseUrl, route, given);
  try {
    const response = await ask(url, {
      method: route.method,
      headers: {
        ...headers(),
        ...more,
        ...(route.body === null ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      },
      ...(route.body === null ? {} : { body: JSON.stringify(given.body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    return response.ok ? ok(response) : { ok: false, problems: await problemsOf(response) };
  } catch (error) {
    return failed(unreachable(baseUrl, error instanceof Error ? error.message : String(error)));
  }
}

async function readJson(response: Response): Promise<Result<unknown>> {
  try {
    return ok(await response.json());
  } catch (error) {
    return failed(unreachable(response.url, error instanceof Error ? error.message : String(error)));
  }
}

/** The server's problems; of an answer from something between, what can be told. */
async function problemsOf(response: Response): Promise<readonly Problem[]> {
  const parsed = ErrorBody.safeParse(await response.json().catch(() => null));
  if (!parsed.success) return [unreachable(response.url, `HTTP ${response.status}`)];
  const { code, message, details } = parsed.data.error;
  const problems = details.problems.filter((one) => AnyProblem.safeParse(one).success);
  return problems.length > 0 ? problems : [{ ...unreachable(response.url, code), message }];
}

const unreachable = (where: string, why: string): Problem => ({
  code: "BATON-API-UNREACHABLE",
  message: `The server${where === "" ? "" : ` at ${originOf(where)}`} does not answer: ${why}.`,
  remedy: "See that it runs and can be reached from here, then try again.",
});

const originOf = (url: string): string => /^[a-z]+:\/\/[^/?#]+/i.exec(url)?.[0] ?? url;
