import { failed, ok, type Problem, type Result } from "@baton/core";
import { anchorOf } from "@baton/session";
import type { Parts } from "../parts.ts";

/** Something outside that Baton works with, and a way to try it. */
export interface Integration {
  readonly integration: string;
  readonly title: string;
  readonly purpose: string;
  /** Without secrets. */
  address(): string | null;
  /** Tries it now and changes nothing; a sentence where it works. */
  test(): Promise<Result<string>>;
}

const PATIENCE_MS = 5_000;

/** All there are, in the order people look for them. */
export function integrationsOf({ session, identity }: Parts): readonly Integration[] {
  const { journal, supervisor, ports, definition, where } = session;
  const anchor = anchorOf(where, definition.platform);
  return [
    {
      integration: "journal",
      title: "Journal database",
      purpose: "Holds the truth: every event, every plan.",
      address: () => null,
      test: async () => {
        const [id, end] = [await journal.audit.id(), await journal.audit.end()];
        if (!id.ok) return id;
        return end.ok ? ok(`The journal ${id.value} answers; it goes to position ${end.value}.`) : end;
      },
    },
    {
      integration: "supervisor",
      title: "Supervisor",
      purpose: "Starts and stops the services, the key service and PostgreSQL.",
      address: () => where.stateDir,
      test: async () => {
        const state = await supervisor.state(AbortSignal.timeout(PATIENCE_MS));
        if (!state.ok) return state;
        const healthy = state.value.instances.filter((one) => one.state === "healthy").length;
        return ok(
          `Process ${state.value.pid} answers; ${healthy} of ${state.value.instances.length} services are healthy.`,
        );
      },
    },
    {
      integration: "keys",
      title: "Key service",
      purpose: "Wraps the keys of tenants' data.",
      address: () => session.state.keys.url,
      test: () => answers(`${session.state.keys.url}/v1/sys/health`, "The key service"),
    },
    {
      integration: "tenants",
      title: "Tenants' databases",
      purpose: "Where each tenant's data is; read through the platform's own query.",
      address: () => null,
      test: async () => {
        const tenants = await ports.tenants.list();
        if (!tenants.ok) return tenants;
        const hosts = new Set(tenants.value.map(({ host }) => host));
        return ok(
          `${tenants.value.length} tenants on ${hosts.size} ${hosts.size === 1 ? "host" : "hosts"} are known.`,
        );
      },
    },
    {
      integration: "identity",
      title: "Identity provider",
      purpose: "Says who people are when they sign in.",
      address: () => identity.issuer,
      test: async () =>
        identity.issuer === null
          ? ok("The built-in provider is part of this server, and answers as long as it does.")
          : answers(`${identity.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, "The provider"),
    },
    {
      integration: "anchors",
      title: "Anchors",
      purpose: "A copy of the signed statements beside the journal's database.",
      address: () => anchor.place,
      test: async () => {
        const id = await journal.audit.id();
        if (!id.ok) return id;
        const lines = await anchor.read(id.value);
        if (!lines.ok) return lines;
        return lines.value === null
          ? failed(noAnchor(anchor.place))
          : ok(`It holds ${lines.value.length} statements.`);
      },
    },
  ];
}

/** Whether an address answers a GET without an error of its own. */
async function answers(url: string, what: string): Promise<Result<string>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    await response.body?.cancel();
    return response.status < 500
      ? ok(`${what} answers.`)
      : failed(silent(what, `it answers with HTTP ${response.status}`));
  } catch (error) {
    return failed(silent(what, error instanceof Error ? error.message : String(error)));
  }
}

const silent = (what: string, why: string): Problem => ({
  code: "BATON-API-SILENT",
  message: `${what} does not answer as it should: ${why}.`,
  remedy: "See that it runs and can be reached from the server.",
});

const noAnchor = (place: string): Problem => ({
  code: "BATON-AUDIT-ANCHOR-MISSING",
  message: `There is no anchor in ${place}, so a cut or a full rewrite of the journal would not show.`,
  remedy: "It is written with the first statement: `npx baton audit sign`, or a run.",
});
