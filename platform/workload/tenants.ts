import { TenantPage } from "./answers.ts";
import type { ApiRequest, GatewayClient } from "./gateway-client.ts";
import type { Session } from "./session.ts";

const PAGE = 100;

/** Ids of every tenant that is ready, read as the platform's administrator. Throws an `Error` that says what was answered. */
export async function readTenants(client: GatewayClient, root: Session): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const request: ApiRequest = {
      method: "GET",
      path: `/v1/tenants?limit=${PAGE}${query}`,
      token: await root.token(),
    };
    const answer = await client.send(request);
    const page = answer.status === 200 ? TenantPage.safeParse(answer.body) : null;
    if (!page?.success)
      throw new Error(`GET /v1/tenants: ${answer.status ?? "no answer"} ${answer.error ?? ""}`);
    ids.push(...page.data.items.filter((tenant) => tenant.state === "ready").map((tenant) => tenant.id));
    cursor = page.data.nextCursor;
  } while (cursor !== null);
  return ids;
}
