/** A value that JSON can carry. Everything that is journaled, hashed or sent is one of these. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
