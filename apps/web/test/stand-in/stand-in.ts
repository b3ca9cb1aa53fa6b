import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { errorBody, type Route, routes, statusOf } from "@baton/contracts";
import { type Problem, ProblemError, type StoredEvent } from "@baton/core";
import { answersOf } from "./answers.ts";
import type { Scenario } from "./scenario.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** As the server's own: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const gone: Problem = {
  code: "BATON-JOURNAL-UNREACHABLE",
  message: "The journal's database does not answer.",
  remedy: "Bring it back; `baton doctor` says what is missing.",
};

/**
 * A stand-in for the server: serves the built pages and answers the contracts' routes out of a scenario. Strict both ways: what
 * a page sends must be what the contract allows, and what it is told is read by the contract's schema first. Whatever does not fit
 * is in `faults`, which a test expects to be empty.
 */
export class StandIn {
  readonly faults: string[] = [];
  /** What pages asked for, `METHOD name`. */
  readonly asked: string[] = [];
  /** Bodies of what pages sent, by route. */
  readonly sent: { readonly name: string; readonly body: unknown }[] = [];
  signedIn = true;
  databaseGone = false;
  readonly #scenario: Scenario;
  readonly #site: string;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      this.faults.push(String(error));
      response.writeHead(500).end();
    });
  });
  readonly #streams = new Set<ServerResponse>();
  #streamsShut = false;

  private constructor(scenario: Scenario, site: string) {
    this.#scenario = scenario;
    this.#site = site;
  }

  static async start(scenario: Scenario, site: string): Promise<StandIn> {
    const standIn = new StandIn(scenario, site);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get scenario(): Scenario {
    return this.#scenario;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Plays so many more events of the run that goes on, and tells everybody who follows it. */
  async advance(count: number): Promise<void> {
    const { added, moved } = await this.#scenario.advance(count);
    for (const response of this.#streams) {
      for (const event of added) this.#tell(response, event.type, event, event.position);
      this.#tell(response, "summary", { ...this.#summary(), tenants: moved });
    }
  }

  /** Cuts every stream, and lets none be opened until `openStreams`. */
  cutStreams(): void {
    this.#streamsShut = true;
    for (const response of this.#streams) response.destroy();
    this.#streams.clear();
  }

  openStreams(): void {
    this.#streamsShut = false;
  }

  /** Tells those who follow that the journal is gone, or back. */
  setDatabaseGone(isGone: boolean): void {
    this.databaseGone = isGone;
    for (const response of this.#streams) this.#tell(response, "summary", this.#summary());
  }

  #summary() {
    const known = {
      state: "known" as const,
      problem: null,
      run: this.#scenario.current.body(this.#scenario.now()),
    };
    const unknown = { state: "unknown" as const, problem: gone, run: null };
    return { ...(this.databaseGone ? unknown : known), tenants: [], progress: this.#scenario.progress };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("content-security-policy", POLICY);
    const url = new URL(request.url ?? "/", "http://stand-in");
    const match = matchRoute(request.method ?? "GET", url.pathname);
    if (match === null) return this.#file(url.pathname, response);
    const { route, params } = match;
    this.asked.push(`${route.method} ${route.name}`);
    try {
      await this.#answer(route, params, url, request, response);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const [first] = error.problems;
      json(response, statusOf(first?.code ?? "BATON-INTERNAL"), errorBody(error.problems));
    }
  }

  async #answer(
    route: Route,
    params: Readonly<Record<string, string>>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (!this.signedIn && route.needs !== "nothing")
      throw new ProblemError({
        code: "BATON-ACCESS-SIGN-IN",
        message: "Nobody is signed in.",
        remedy: "Sign in.",
      });
    if (this.databaseGone && route.path.includes("{environment}")) throw new ProblemError(gone);
    const query = this.#checked(route, "query", Object.fromEntries(url.searchParams));
    const read = this.#checked(route, "params", params);
    const body = route.body === null ? undefined : this.#checked(route, "body", await bodyOf(request));
    if (route.method === "POST") {
      this.sent.push({ name: route.name, body });
      if (
        !request.headers["idempotency-key"] &&
        /^(approve|pause|resume|abort|emergency|rollback|retry|skip|declare|open)/.test(route.name)
      )
        this.faults.push(`${route.name}: sent without an idempotency key`);
    }
    if (route.name === "streamRun") return this.#stream(url, request, response);
    const answer = await answersOf(this.#scenario)(route.name, { params: read, query, body });
    if (route.answer.kind === "lines") {
      response.writeHead(200, { "content-type": "application/jsonl" });
      response.end(`${(answer as readonly string[]).join("\n")}\n`);
      return;
    }
    if (route.answer.kind !== "json") throw new Error(`${route.name} has no stand-in`);
    const told = route.answer.schema.safeParse(answer);
    if (!told.success)
      this.faults.push(`${route.name} answers otherwise than its contract: ${told.error.message}`);
    json(response, route.answer.status, answer);
  }

  #checked(route: Route, part: "params" | "query" | "body", given: unknown): Record<string, unknown> {
    const schema = route[part];
    const read = schema === null ? null : schema.safeParse(given);
    if (read === null || read.success) return (read?.data ?? {}) as Record<string, unknown>;
    this.faults.push(`${route.name} was sent ${part} ${JSON.stringify(given)}: ${read.error.message}`);
    return {};
  }

  #stream(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (this.#streamsShut) {
      response.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 50\n\n");
    const after = Number(
      request.headers["last-event-id"] ?? url.searchParams.get("after") ?? this.#scenario.current.position,
    );
    for (const event of this.#scenario.eventsAfter(after))
      this.#tell(response, event.type, event, event.position);
    this.#tell(response, "summary", this.#summary());
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  #tell(response: ServerResponse, event: string, data: StoredEvent | object, id?: number): void {
    const schema = routes.streamRun.answer.events[event === "summary" ? "summary" : "event"];
    const read = schema.safeParse(data);
    if (!read.success)
      this.faults.push(`the stream's ${event} is otherwise than its contract: ${read.error.message}`);
    response.write(
      `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    );
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const wanted = normalize(path).replace(/^(\.\.[/\\])+/, "");
    const file = extname(wanted) === "" ? "index.html" : wanted;
    const bytes = await readFile(join(this.#site, file)).catch(() => null);
    if (bytes === null) {
      response.writeHead(404).end();
      return;
    }
    response
      .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" })
      .end(bytes);
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}

function matchRoute(method: string, path: string) {
  for (const route of Object.values(routes) as readonly Route[]) {
    if (route.method !== method || route.path === "/") continue;
    const names: string[] = [];
    const pattern = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name);
      return "([^/]+)";
    });
    const found = new RegExp(`^${pattern}$`).exec(path);
    if (found === null) continue;
    const params = Object.fromEntries(
      names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? "")]),
    );
    return { route, params };
  }
  return null;
}
