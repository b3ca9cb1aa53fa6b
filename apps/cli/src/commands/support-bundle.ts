import { resolve } from "node:path";
import { createSupervisorClient } from "@baton/adapters";
import { createRedactor, type Result } from "@baton/core";
import { serverFacts } from "@baton/journal";
import {
  currentRun,
  type Definition,
  knownSecrets,
  loadDefinition,
  openSession,
  requireRun,
  type Session,
  verifySession,
  type Where,
} from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderBundle } from "../render/bundle.ts";
import { collectBundle } from "../support/bundle/collect.ts";
import { definitionPart } from "../support/bundle/definition-part.ts";
import { journalParts } from "../support/bundle/journal-parts.ts";
import { machineParts } from "../support/bundle/machine-parts.ts";
import { json, type Part, whole } from "../support/bundle/part.ts";
import { outRefusal, writeBundle } from "../support/bundle/write.ts";

interface BundleOptions {
  readonly out?: string;
  readonly run?: string;
}

/** How long the way to the journal may take: a server that stands still neither answers nor refuses. */
const OPEN_MS = 20_000;

/**
 * `baton support-bundle`: what somebody needs who looks for a fault from afar, in one file, without secrets. It is written also
 * where nothing runs and where the database is down; then it says what it lacks.
 */
export async function supportBundle(where: Where, output: Output, options: BundleOptions): Promise<ExitCode> {
  const now = new Date();
  const name = `baton-support-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}`;
  const file = resolve(options.out ?? `${name}.tar.gz`);
  const refused = await outRefusal(file);
  if (refused !== null) return output.problems([refused]);
  const definition = await loadDefinition(where.platformDir);
  const redactor = createRedactor(
    await knownSecrets(where.stateDir, definition.ok ? definition.value : null),
  );
  output.lines("Gathering what is known of this machine, its platform and its runs");
  const session = await openInTime(where, definition);
  try {
    const parts = [
      ...machineParts(where),
      definitionPart(where, definition),
      postgresPart(where),
      ...runParts(session, options.run ?? null),
    ];
    const { manifest, files } = await collectBundle(parts, redactor, now);
    const written = await writeBundle(file, name, files, now);
    if (!written.ok) return output.problems(written.problems);
    output.lines(...renderBundle({ file, bytes: written.value, manifest }, output));
    output.result({ file, bytes: written.value, ...manifest });
    return ExitCode.done;
  } finally {
    if (session.ok) await session.value.close();
  }
}

/** The session of what runs, or why there is none, in bounded time. */
async function openInTime(where: Where, definition: Result<Definition>): Promise<Result<Session>> {
  if (!definition.ok) return definition;
  const opened = openSession(where, definition.value);
  const late: Promise<Result<Session>> = new Promise((settle) => {
    const problem = {
      code: "BATON-JOURNAL-UNREACHABLE" as const,
      message: `The journal's database did not answer within ${OPEN_MS / 1000} s.`,
      remedy: "See to the server.",
    };
    setTimeout(() => settle({ ok: false, problems: [problem] }), OPEN_MS).unref();
  });
  return Promise.race([opened, late]);
}

const postgresPart = (where: Where): Part => ({
  what: "PostgreSQL's settings and sizes",
  async collect() {
    const url = await createSupervisorClient(where.stateDir).resolve("${database.baton}");
    const facts = url.ok ? await serverFacts(url.value) : url;
    if (facts.ok) return whole(json("postgres.json", facts.value));
    const missing = facts.problems.map(({ code, message }) => ({
      what: this.what,
      why: `${code} ${message}`,
    }));
    return { files: [], missing };
  },
});

/** What `baton audit verify` would say. A long journal may take longer than a part may; then it is missing. */
const auditPart = (session: Session): Part => ({
  what: "audit of the journal",
  async collect() {
    const verified = await verifySession(session, []);
    if (verified.ok) return whole(json("journal/audit.json", verified.value));
    const missing = verified.problems.map(({ code, message }) => ({
      what: this.what,
      why: `${code} ${message}`,
    }));
    return { files: [], missing };
  },
});

function runParts(session: Result<Session>, run: string | null): readonly Part[] {
  if (session.ok) {
    const { journal, definition } = session.value;
    const find = () => (run === null ? currentRun(session.value) : requireRun(session.value, run));
    return [...journalParts(journal, definition.platform.environment, find), auditPart(session.value)];
  }
  const missing = session.problems.map(({ code, message }) => ({
    what: "runs: plan, events, state, leases, problems",
    why: `${code} ${message}`,
  }));
  return [{ what: "runs", collect: async () => ({ files: [], missing }) }];
}
