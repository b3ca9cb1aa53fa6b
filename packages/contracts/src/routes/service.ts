import { z } from "zod";
import { json, text } from "../route/answer.ts";
import { get } from "../route/route.ts";
import { Time } from "../shapes/common.ts";

const group = "Service";

export const serviceRoutes = {
  getHealth: get("getHealth", {
    path: "/health",
    group,
    summary: "Says that the server's process is alive.",
    needs: "nothing",
    answer: json(z.strictObject({ status: z.literal("alive"), version: z.string() })),
  }),
  getReady: get("getReady", {
    path: "/ready",
    group,
    summary:
      "Says whether the server can do its work now: its journal answers, and what it knows is no older than a moment.",
    needs: "nothing",
    answer: json(z.strictObject({ status: z.literal("ready"), position: z.int(), at: Time })),
    problems: ["BATON-JOURNAL-UNREACHABLE", "BATON-API-STOPPING"],
  }),
  getMetrics: get("getMetrics", {
    path: "/metrics",
    group,
    summary: "Gives the server's own figures in Prometheus' text format.",
    needs: "sign-in",
    answer: text("text/plain; version=0.0.4; charset=utf-8"),
  }),
  getOpenApi: get("getOpenApi", {
    path: "/v1/openapi.json",
    group,
    summary: "Gives this description of the API, OpenAPI 3.1.",
    needs: "nothing",
    answer: json(z.looseObject({ openapi: z.string() })),
  }),
  getReference: get("getReference", {
    path: "/v1/reference",
    group,
    summary: "Gives the same as a page for people.",
    needs: "nothing",
    answer: text("text/html; charset=utf-8"),
  }),
  getReferenceStyle: get("getReferenceStyle", {
    path: "/v1/reference.css",
    group,
    summary: "Gives that page's style.",
    needs: "nothing",
    answer: text("text/css; charset=utf-8"),
  }),
};
