import type { z } from "zod";

/** One JSON document. */
export interface JsonAnswer<S extends z.ZodType = z.ZodType> {
  readonly kind: "json";
  readonly status: 200 | 201 | 202;
  readonly schema: S;
}

/** JSON lines, one document a line, sent while they are read: of any length in constant memory. */
export interface LinesAnswer<S extends z.ZodType = z.ZodType> {
  readonly kind: "lines";
  readonly line: S;
}

/** Server-sent events by name, each with one JSON document; `id` is a position of the journal. */
export interface StreamAnswer<
  E extends Readonly<Record<string, z.ZodType>> = Readonly<Record<string, z.ZodType>>,
> {
  readonly kind: "stream";
  readonly events: E;
}

/** Text of another sort. */
export interface TextAnswer {
  readonly kind: "text";
  readonly mediaType: string;
}

/** What a route answers where nothing went wrong. */
export type Answer = JsonAnswer | LinesAnswer | StreamAnswer | TextAnswer;

export const json = <S extends z.ZodType>(schema: S, status: 200 | 201 | 202 = 200): JsonAnswer<S> => ({
  kind: "json",
  status,
  schema,
});
export const lines = <S extends z.ZodType>(line: S): LinesAnswer<S> => ({ kind: "lines", line });
export const stream = <E extends Readonly<Record<string, z.ZodType>>>(events: E): StreamAnswer<E> => ({
  kind: "stream",
  events,
});
export const text = (mediaType: string): TextAnswer => ({ kind: "text", mediaType });
