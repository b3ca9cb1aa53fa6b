import { type Definition, loadDefinition, openSession, type Session, type Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";

/** Reads the platform's files, opens the session of what runs, does the work and closes it, whatever happens. */
export async function withSession(
  where: Where,
  output: Output,
  work: (session: Session, definition: Definition) => Promise<ExitCode>,
): Promise<ExitCode> {
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return output.problems(definition.problems);
  const session = await openSession(where, definition.value);
  if (!session.ok) return output.problems(session.problems);
  try {
    return await work(session.value, definition.value);
  } finally {
    await session.value.close();
  }
}
