import type { Right } from "@baton/core";
import { z } from "zod";
import type { Answer, JsonAnswer } from "./answer.ts";

/** What a route asks of whoever calls it: nothing, that they are signed in, or a right in the environment of its path. */
export type Needs = "nothing" | "sign-in" | Right;

type Fields = z.ZodObject;

/** A route of the API: all that can be known of it without the server. Path parts in braces are fields of `params`. */
export interface Route<
  P extends Fields = Fields,
  Q extends Fields = Fields,
  B extends z.ZodType | null = z.ZodType | null,
  A extends Answer = Answer,
> {
  /** Its name in the client and in OpenAPI, unique. */
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The heading it stands under. */
  readonly group: string;
  /** A sentence: what it does. */
  readonly summary: string;
  readonly needs: Needs;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly answer: A;
  /** Codes of its own, beside those that every route can answer with. */
  readonly problems: readonly `BATON-${string}`[];
  /** Whether the answer holds a secret that is shown once and kept nowhere. */
  readonly secret: boolean;
}

const none = z.strictObject({});
type None = typeof none;

interface Told<P extends Fields, Q extends Fields, A extends Answer> {
  readonly path: string;
  readonly group: string;
  readonly summary: string;
  readonly needs: Needs;
  readonly params?: P;
  readonly query?: Q;
  readonly answer: A;
  readonly problems?: readonly `BATON-${string}`[];
  readonly secret?: boolean;
}

/** A route that reads. */
export const get = <A extends Answer, P extends Fields = None, Q extends Fields = None>(
  name: string,
  told: Told<P, Q, A>,
): Route<P, Q, null, A> => ({
  name,
  method: "GET",
  params: none as unknown as P,
  query: none as unknown as Q,
  body: null,
  problems: [],
  secret: false,
  ...told,
});

/** A route that changes something. It honours `Idempotency-Key`: sent again under the same key, it is done once and answers the same. */
export const post = <A extends JsonAnswer, B extends z.ZodType, P extends Fields = None>(
  name: string,
  told: Omit<Told<P, None, A>, "query"> & { readonly body: B },
): Route<P, None, B, A> => ({
  name,
  method: "POST",
  params: none as unknown as P,
  query: none,
  problems: [],
  secret: false,
  ...told,
});

/** What a handler of a route is given, checked. */
export interface Checked<R extends Route> {
  readonly params: z.output<R["params"]>;
  readonly query: z.output<R["query"]>;
  readonly body: R["body"] extends z.ZodType ? z.output<R["body"]> : undefined;
}

/** What a caller of a route gives; fields with a default may be left out. */
export type Given<R extends Route> = Field<"params", z.input<R["params"]>> &
  Field<"query", z.input<R["query"]>> &
  (R["body"] extends z.ZodType ? { readonly body: z.input<R["body"]> } : unknown);

type Field<N extends string, T> =
  T extends Record<string, never>
    ? unknown
    : Partial<T> extends T
      ? { readonly [K in N]?: T }
      : { readonly [K in N]: T };

/** The document a route answers with. */
export type AnswerOf<R extends Route> = R["answer"] extends JsonAnswer<infer S> ? z.output<S> : never;
