import { z } from "zod";
import { type Catalogue, catalogue as everyKind } from "../actions/catalogue.ts";
import type { ActionDefinition } from "../actions/definition.ts";
import { MIGRATION_STAGES } from "../actions/kinds/tenants-migrate.ts";

/** The reference of step kinds as Markdown, made from the catalogue, so that it says what the code does. */
export function kindsReference(catalogue: Catalogue = everyKind): string {
  const sections = [...catalogue.values()].map(section);
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

const HEAD = `# Step kinds

Made by \`scripts/generate-schemas.ts\` from the catalogue of actions; do not edit it by hand.

Undo: *instant* at once and whole; *lossless* whole, but it takes its time; *inert* there is nothing to take back; *none* cannot be
taken back, so it must stand behind a hold. Effect: what protects the target from a conductor that woke up too late. Seconds are for
one unit, as declared, until measured ones take their place.`;

function section(definition: ActionDefinition): string {
  return [
    `## ${definition.kind}`,
    definition.summary,
    [`- Ends by: ${RUNS[definition.runs]}`, `- \`each: tenants\`: ${definition.fanOut}`].join("\n"),
    fieldsTable(definition),
    undoText(definition),
  ].join("\n\n");
}

const RUNS: Readonly<Record<ActionDefinition["runs"], string>> = {
  performed: "its effect",
  timer: "the clock of the journal",
  approval: "a person",
};

interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

function fieldsTable(definition: ActionDefinition): string {
  const schema = z.toJSONSchema(definition.input, { io: "input" }) as {
    readonly properties?: Readonly<Record<string, FieldSchema>>;
    readonly required?: readonly string[];
  };
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const given = schema.required?.includes(name) ? "required" : defaultText(field);
    return `| \`${name}\` | ${typeText(field)} | ${given} | ${field.description ?? ""} |`;
  });
  return ["| field | type | | |", "|---|---|---|---|", ...rows].join("\n");
}

const defaultText = (field: FieldSchema): string =>
  field.default === undefined ? "optional" : `default ${JSON.stringify(field.default)}`;

function typeText(field: FieldSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(", ");
  const type =
    field.type === "integer" ? "whole number" : field.type === "string" ? "text" : (field.type ?? "");
  return field.minimum !== undefined && field.maximum !== undefined
    ? `${type}, ${field.minimum} to ${field.maximum}`
    : type;
}

/** Undo, effect and seconds; by stage where they hang on it. */
function undoText(definition: ActionDefinition): string {
  const samples =
    definition.kind === "tenants.migrate"
      ? MIGRATION_STAGES.map((stage) => ({ label: stage, input: { migration: "sample", stage } }))
      : [{ label: "", input: SAMPLES[definition.kind] }];
  const rows = samples.map(({ label, input }) => {
    const { forward, back } = definition.seconds(input);
    const seconds = definition.kind === "gate.bake" ? "as it says" : String(forward);
    return `| ${label === "" ? "" : `\`${label}\``} | ${definition.undo(input)} | ${definition.effect(input)} | ${seconds} | ${back} |`;
  });
  return ["| | undo | effect | seconds | seconds back |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** Inputs of kinds whose facts hang on the input only in form. */
const SAMPLES: Readonly<Record<string, unknown>> = { "gate.bake": { seconds: 0 } };
