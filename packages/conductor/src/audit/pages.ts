import { ProblemError, type Result } from "@baton/core";

/**
 * All of a list that is read page by page, one after the other, so that no more than a page is in memory. Throws a `ProblemError`
 * where a page cannot be read; `tried` makes a result of it again.
 */
export async function* paged<Row, Place>(
  first: Place,
  read: (after: Place) => Promise<Result<readonly Row[]>>,
  placeOf: (row: Row) => Place,
): AsyncGenerator<Row> {
  for (let after = first; ; ) {
    const page = await read(after);
    if (!page.ok) throw new ProblemError(...page.problems);
    yield* page.value;
    const last = page.value.at(-1);
    if (last === undefined) return;
    after = placeOf(last);
  }
}

/** What the work returns, or the problems it threw. */
export async function tried<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof ProblemError) return { ok: false, problems: error.problems };
    throw error;
  }
}
