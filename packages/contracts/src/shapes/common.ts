import { Actor, type Json } from "@baton/core";
import { z } from "zod";

/** Milliseconds since 1970, UTC, by the journal's clock. */
export const Time = z.int().min(0).meta({ id: "Time", description: "Milliseconds since 1970, UTC." });
export const Seconds = z.number();

/** Any JSON value. */
export const AnyValue: z.ZodType<Json> = z.json().meta({ id: "Json", description: "Any JSON value." });

export const ActorBody = Actor.meta({ id: "Actor", description: "Who did it." });

/** A part of a path. */
const Segment = z.string().min(1).max(200);

export const InEnvironment = z.strictObject({ environment: Segment });
export const OfRelease = z.strictObject({ environment: Segment, release: Segment });
export const OfRun = z.strictObject({ environment: Segment, run: Segment });
export const OfStep = z.strictObject({ environment: Segment, run: Segment, step: Segment });
export const OfRunTenant = z.strictObject({ environment: Segment, run: Segment, tenant: Segment });
export const OfTenant = z.strictObject({ environment: Segment, tenant: Segment });
export const OfToken = z.strictObject({ environment: Segment, token: Segment });
export const OfInvitation = z.strictObject({ environment: Segment, invitation: Segment });
export const OfIntegration = z.strictObject({ environment: Segment, integration: Segment });

/** Why somebody does something: for the journal and for whoever looks. */
export const Reason = z.string().trim().min(1).max(2_000);

/** The 64 hex digits of a plan's hash. */
export const PlanHash = z.string().regex(/^[0-9a-f]{64}$/);
