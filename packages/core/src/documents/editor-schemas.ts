import { z } from "zod";
import { type Catalogue, catalogue as everyKind } from "../actions/catalogue.ts";
import type { Json } from "../json.ts";
import { Platform } from "../model/platform.ts";
import { Release, ReleasePhase, ReleaseStep } from "../model/release.ts";

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = Readonly<Record<string, Json>>;

/** JSON Schema's word for what holds where `if` does. */
const CONSEQUENCE = "then";

/** JSON Schema of `platform.yaml`, for editors. What relates fields to each other is checked on reading only. */
export const platformSchema = (): JsonSchema => asSchema(Platform, "platform.yaml of Baton");

/** JSON Schema of `release.yaml`, for editors: the `with` of a step is that of its kind. */
export function releaseSchema(catalogue: Catalogue = everyKind): JsonSchema {
  const kinds = [...catalogue.values()].map((definition) => {
    const input = withoutHeader(asSchema(definition.input, definition.summary));
    const ofKind = { properties: { kind: { const: definition.kind } }, required: ["kind"] };
    return { if: ofKind, [CONSEQUENCE]: { properties: { with: input } } };
  });
  const kind = z.enum([...catalogue.keys()]);
  const step = ReleaseStep.extend({ kind }).meta({ id: "step", allOf: kinds });
  const phases = z.array(ReleasePhase.extend({ steps: z.array(step).min(1) })).default([]);
  return asSchema(Release.extend({ phases }), "release.yaml of Baton");
}

function asSchema(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  // What zod makes is JSON by construction; the round trip drops its private fields.
  return JSON.parse(JSON.stringify({ $schema, title, ...rest })) as JsonSchema;
}

function withoutHeader({ $schema: _, title, ...rest }: JsonSchema): JsonSchema {
  return { description: title ?? "", ...rest };
}
