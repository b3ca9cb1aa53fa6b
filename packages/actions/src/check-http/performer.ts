import {
  type ActionContext,
  type CheckHttpInput,
  failed,
  fillTenant,
  type Json,
  ok,
  type Performer,
  type Result,
} from "@baton/core";

/** Asks an address and fails unless the status is the expected one. Changes nothing, so there is nothing to take back. */
export function checkHttp(): Performer<CheckHttpInput, null, Json> {
  return {
    kind: "check.http",
    async check(input, context) {
      const url = await addressOf(input, context);
      return url.ok ? [] : url.problems;
    },
    before: async () => ok(null),
    async perform(input, _before, _key, context) {
      const answer = await ask(input, context);
      if (!answer.ok) return answer;
      if (answer.value === input.expect) return ok({ status: answer.value });
      return failed({
        code: "BATON-CHECK-STATUS",
        message: `${input.url} answered ${answer.value}, not ${input.expect}.`,
        remedy: "See the log of the service behind it (`baton status` names it), then retry.",
        details: { status: answer.value, expected: input.expect },
      });
    },
    undo: async () => ok(null),
    async observe(input, _before, context) {
      const answer = await ask(input, context);
      if (!answer.ok)
        return { state: "unknown", detail: answer.problems.map((one) => one.message).join(" ") };
      const state = answer.value === input.expect ? "present" : "absent";
      return { state, detail: `${input.url} answers ${answer.value}.` };
    },
  };
}

async function ask(input: CheckHttpInput, context: ActionContext): Promise<Result<number>> {
  const url = await addressOf(input, context);
  if (!url.ok) return url;
  const options = { timeoutMs: input.timeoutSeconds * 1000, signal: context.signal };
  const answer = await context.ports.http.get(url.value, options);
  return answer.ok ? ok(answer.value.status) : answer;
}

const addressOf = (input: CheckHttpInput, context: ActionContext): Promise<Result<string>> =>
  context.ports.resolve.text(context.tenant === null ? input.url : fillTenant(input.url, context.tenant.id));
