import { AnyProblem, type Problem } from "@baton/core";
import { z } from "zod";

/** A problem as it crosses the wire. */
export const ProblemBody: z.ZodType<Problem> = AnyProblem.meta({
  id: "Problem",
  description: "What went wrong: a stable code, a sentence, what to do next, and the place where it has one.",
});

/** What every route answers with where something went wrong: the first problem, and all of them. */
export const ErrorBody = z
  .strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      details: z.strictObject({ problems: z.array(ProblemBody).min(1) }),
    }),
  })
  .meta({
    id: "Error",
    description: "Something went wrong. `details.problems` holds all that was found, not the first.",
  });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** Problems as an answer's body. */
export function errorBody(problems: readonly Problem[]): ErrorBody {
  const [first] = problems;
  return {
    error: {
      code: first?.code ?? "BATON-INTERNAL",
      message: first?.message ?? "Something went wrong that nobody can name.",
      details: { problems: [...problems] },
    },
  };
}
