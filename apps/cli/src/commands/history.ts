import { historyPage, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderHistory } from "../render/history.ts";
import { withSession } from "../session/with-session.ts";

interface HistoryOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** `baton history`: the runs of this environment, the newest first: release, when, who, how long, how it came out. */
export const history = (where: Where, output: Output, options: HistoryOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const { environment } = session.definition.platform;
    const page = await historyPage(session.journal, environment, {
      limit: options.limit,
      cursor: options.cursor ?? null,
    });
    if (!page.ok) return output.problems(page.problems);
    const { items, nextCursor } = page.value;
    output.lines(
      ...(items.length === 0
        ? [`No run in ${environment} yet. Look at the plan with \`npx baton plan R2\`.`]
        : renderHistory(items, output)),
      ...(nextCursor === null ? [] : ["", `Older ones: \`npx baton history --cursor ${nextCursor}\`.`]),
    );
    output.result({ environment, ...page.value });
    return ExitCode.done;
  });
