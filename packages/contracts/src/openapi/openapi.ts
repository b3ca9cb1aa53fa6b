import { z } from "zod";
import type { Answer } from "../route/answer.ts";
import type { Route } from "../route/route.ts";
import { statusOf } from "../route/status.ts";
import { ErrorBody } from "../shapes/problem.ts";
import { type Components, createComponents, type JsonSchema } from "./components.ts";

/** What any route may answer with, by what it needs and whether it changes something. */
const ALWAYS = [
  "BATON-API-INPUT",
  "BATON-API-METHOD",
  "BATON-ACCESS-LIMIT",
  "BATON-INTERNAL",
  "BATON-JOURNAL-UNREACHABLE",
] as const;
const SIGNED_IN = ["BATON-ACCESS-SIGN-IN"] as const;
const WITH_RIGHT = ["BATON-ACCESS-FORBIDDEN", "BATON-API-ENVIRONMENT"] as const;
const CHANGING = [
  "BATON-ACCESS-ORIGIN",
  "BATON-API-JSON",
  "BATON-API-KEY-BUSY",
  "BATON-API-KEY-SPENT",
  "BATON-API-BODY",
  "BATON-API-MEDIA-TYPE",
  "BATON-API-KEY-REUSED",
] as const;

export interface OpenApiOptions {
  readonly version: string;
  /** What people read first. */
  readonly description: string;
}

/** The routes described as OpenAPI 3.1, each shape once under its name. */
export function openApiOf(
  routes: readonly Route[],
  { version, description }: OpenApiOptions,
): Record<string, unknown> {
  const components = createComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes)
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route, components),
    };
  const error = components.schema(ErrorBody, "output");
  return {
    openapi: "3.1.0",
    info: { title: "Baton", version, description, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.all(),
      responses: {
        Error: { description: "What went wrong.", content: { "application/json": { schema: error } } },
      },
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-baton-session",
          description: "A signed-in browser.",
        },
        token: {
          type: "http",
          scheme: "bearer",
          description: "A service token, or the command line's sign-in.",
        },
      },
    },
  };
}

function operationOf(route: Route, components: Components): Record<string, unknown> {
  const { name, group, summary, needs, body } = route;
  return {
    operationId: name,
    tags: [group],
    summary,
    ...(needs === "nothing" ? { security: [] } : { security: [{ session: [] }, { token: [] }] }),
    ...(needs === "nothing" || needs === "sign-in" ? {} : { "x-baton-right": needs }),
    parameters: [
      ...parametersOf(route.params, "path", components),
      ...parametersOf(route.query, "query", components),
      ...headersOf(route),
    ],
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: components.schema(body, "input") } },
          },
        }),
    responses: { ...answered(route.answer, components), ...refusals(route) },
  };
}

function parametersOf(
  fields: z.ZodObject,
  where: "path" | "query",
  components: Components,
): readonly JsonSchema[] {
  const whole = z.toJSONSchema(fields, { io: "input", unrepresentable: "any" });
  const required = new Set(whole.required ?? []);
  return Object.entries(fields.shape).map(([name, field]) => {
    const { description, ...schema } = components.schema(field as z.ZodType, "input");
    return {
      name,
      in: where,
      required: where === "path" || required.has(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

/** Headers that mean something to a route beyond what HTTP says. */
function headersOf({ method, answer }: Route): readonly JsonSchema[] {
  if (method === "POST")
    return [
      header(
        "Idempotency-Key",
        "Under the same key the same request is done once and answered the same, for a day.",
        {
          type: "string",
          minLength: 1,
          maxLength: 200,
          pattern: "^[\\x21-\\x7e]+$",
        },
      ),
    ];
  if (answer.kind !== "stream") return [];
  return [
    header("Last-Event-ID", "Go on behind this position.", { type: "string", pattern: "^[0-9]{1,15}$" }),
  ];
}

const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: "header",
  required: false,
  description,
  schema,
});

function answered(answer: Answer, components: Components): Record<string, unknown> {
  switch (answer.kind) {
    case "json":
      return response(answer.status, "Done.", "application/json", components.schema(answer.schema, "output"));
    case "lines":
      return response(200, "One JSON document a line.", "application/x-ndjson", { type: "string" });
    case "stream":
      return {
        ...response(200, "Server-sent events, until the connection is closed.", "text/event-stream", {
          type: "string",
        }),
      };
    case "text":
      return response(200, "Done.", answer.mediaType.split(";")[0] ?? answer.mediaType, { type: "string" });
  }
}

const response = (status: number, description: string, mediaType: string, schema: JsonSchema) => ({
  [status]: { description, content: { [mediaType]: { schema } } },
});

function refusals(route: Route): Record<string, unknown> {
  const codes = [
    ...ALWAYS,
    ...(route.needs === "nothing" ? [] : SIGNED_IN),
    ...(route.needs === "nothing" || route.needs === "sign-in" ? [] : WITH_RIGHT),
    ...(route.method === "POST" ? CHANGING : []),
    ...route.problems,
  ];
  const byStatus = new Map<number, string[]>();
  for (const code of codes) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  const told = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, those]) => [
      String(status),
      {
        description: those.map((code) => `\`${code}\``).join(", "),
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    ]);
  return { ...Object.fromEntries(told), default: { $ref: "#/components/responses/Error" } };
}
