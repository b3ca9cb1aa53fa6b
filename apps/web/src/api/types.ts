import type {
  ActionPreview as ActionPreviewSchema,
  BackupsBody as BackupsSchema,
  EventBody,
  InvitationBody as InvitationSchema,
  ListedRun as ListedRunSchema,
  PersonBody as PersonSchema,
  PlanComparison as PlanComparisonSchema,
  ReleaseBody as ReleaseSchema,
  RunAction,
  RunBody,
  RunStepBody as RunStepSchema,
  RunTenantsBody as RunTenantsSchema,
  StreamSummary as StreamSummarySchema,
  SurroundingsBody as SurroundingsSchema,
  TenantBody as TenantSchema,
  TokenBody as TokenSchema,
  TrafficBody as TrafficSchema,
} from "@baton/contracts";
import type { z } from "zod";

export type { EventBody, RunAction, RunBody };
export type ActionPreview = z.infer<typeof ActionPreviewSchema>;
export type BackupsBody = z.infer<typeof BackupsSchema>;
export type InvitationBody = z.infer<typeof InvitationSchema>;
export type ListedRun = z.infer<typeof ListedRunSchema>;
export type PersonBody = z.infer<typeof PersonSchema>;
export type PlanComparison = z.infer<typeof PlanComparisonSchema>;
export type ReleaseBody = z.infer<typeof ReleaseSchema>;
export type RunStepBody = z.infer<typeof RunStepSchema>;
export type RunTenantsBody = z.infer<typeof RunTenantsSchema>;
export type StreamSummary = z.infer<typeof StreamSummarySchema>;
export type SurroundingsBody = z.infer<typeof SurroundingsSchema>;
export type TenantBody = z.infer<typeof TenantSchema>;
export type TokenBody = z.infer<typeof TokenSchema>;
export type TrafficBody = z.infer<typeof TrafficSchema>;
