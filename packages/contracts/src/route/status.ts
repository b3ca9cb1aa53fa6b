import type { Problem } from "@baton/core";

const EXACT: Readonly<Record<string, number>> = {
  "BATON-API-INPUT": 400,
  "BATON-API-CURSOR": 400,
  "BATON-API-JSON": 400,
  "BATON-API-ENVIRONMENT": 404,
  "BATON-API-INTEGRATION": 404,
  "BATON-API-PLAN": 404,
  "BATON-API-ROUTE": 404,
  "BATON-API-TENANT": 404,
  "BATON-API-METHOD": 405,
  "BATON-API-KEY-BUSY": 409,
  "BATON-API-KEY-SPENT": 409,
  "BATON-API-BODY": 413,
  "BATON-API-MEDIA-TYPE": 415,
  "BATON-API-KEY-REUSED": 422,
  "BATON-API-STOPPING": 503,
  "BATON-INTERNAL": 500,
  "BATON-ACCESS-SIGN-IN": 401,
  "BATON-ACCESS-CALLBACK": 400,
  "BATON-ACCESS-EXPIRY": 400,
  "BATON-ACCESS-FORBIDDEN": 403,
  "BATON-ACCESS-ORIGIN": 403,
  "BATON-ACCESS-CODE": 403,
  "BATON-ACCESS-TOKEN-SCOPE": 403,
  "BATON-ACCESS-LIMIT": 429,
  "BATON-ACCESS-PROVIDER": 502,
  "BATON-ACCESS-DATABASE": 503,
  "BATON-ACCESS-NEWER": 503,
  "BATON-ACCESS-BUSY": 503,
  "BATON-ACCESS-NO-PERSON": 404,
  "BATON-ACCESS-NO-TOKEN": 404,
  "BATON-ACCESS-NO-INVITATION": 404,
  "BATON-APPROVAL-AUTHOR": 403,
  "BATON-APPROVAL-PERSON": 403,
  "BATON-AUDIT-TENANT": 404,
  "BATON-PLATFORM-DOWN": 503,
  "BATON-RELEASE-UNKNOWN": 404,
  "BATON-JOURNAL-INPUT": 400,
  "BATON-RUN-NONE": 404,
  "BATON-RUN-UNKNOWN": 404,
  "BATON-RUN-NO-STEP": 404,
  "BATON-RUN-NO-TENANT": 404,
  "BATON-START-RUNNING": 409,
};

/** Areas in which a problem says that the state of things, or the files, do not allow what was asked for. */
const REFUSED = ["ACCESS", "ACTION", "APPROVAL", "AUDIT", "MIGRATION", "PLAN", "PLATFORM", "RELEASE", "RUN"];

/** The HTTP status a problem is answered with: 409 where the state of things says no, 503 where the world fails. */
export function statusOf(code: Problem["code"]): number {
  const area = code.split("-")[1] ?? "";
  return EXACT[code] ?? (REFUSED.includes(area) ? 409 : 503);
}
