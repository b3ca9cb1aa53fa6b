import { z } from "zod";

export type JsonSchema = Record<string, unknown>;

/** Shapes that have a name, each written once. */
export interface Components {
  /** A shape as JSON Schema; what has a name in it is a reference. `input` is what a caller writes, `output` what they read. */
  schema(shape: z.ZodType, io: "input" | "output"): JsonSchema;
  all(): Readonly<Record<string, JsonSchema>>;
}

/** Collects named shapes while others are written. A name that stands for two shapes is a fault of the routes, and thrown. */
export function createComponents(): Components {
  const all = new Map<string, JsonSchema>();
  return {
    schema(shape, io) {
      const {
        $schema: _,
        $defs,
        ...root
      } = z.toJSONSchema(shape, { io, unrepresentable: "any" }) as JsonSchema & {
        $defs?: Readonly<Record<string, JsonSchema>>;
      };
      const names = new Map(Object.keys($defs ?? {}).map((name) => [name, nameOf(name)]));
      for (const [name, definition] of Object.entries($defs ?? {}))
        keep(all, names.get(name) ?? name, pointed(definition, names));
      const own = pointed(root, names);
      const { id, ...unnamed } = own;
      if (typeof id !== "string") return own;
      keep(all, id, unnamed);
      return { $ref: refTo(id) };
    },
    all: () => Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const refTo = (name: string): string => `#/components/schemas/${name}`;

/** A shape that refers to itself is that of any JSON value: there is no other here, and one would have to be named. */
const JSON_NAME = "Json";
const nameOf = (name: string): string => (name.startsWith("__schema") ? JSON_NAME : name);

function keep(all: Map<string, JsonSchema>, name: string, schema: JsonSchema): void {
  const { id: _, ...told } = schema;
  const own: JsonSchema = name === JSON_NAME ? { description: "Any JSON value." } : told;
  const there = all.get(name);
  const text = JSON.stringify(withoutDescription(own));
  if (there !== undefined && JSON.stringify(withoutDescription(there)) !== text)
    throw new Error(`Two shapes are called ${name}:\n${JSON.stringify(there)}\n${text}`);
  if (there === undefined || there.description === undefined) all.set(name, own);
}

const withoutDescription = ({ description: _, ...schema }: JsonSchema): JsonSchema => schema;

/** The same with every reference to a definition beside it turned to the place all of them are kept in. */
function pointed<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (Array.isArray(value)) return value.map((one) => pointed(one, names)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const defined =
        key === "$ref" && typeof inner === "string" ? /^#\/\$defs\/(.+)$/.exec(inner)?.[1] : undefined;
      return [key, defined === undefined ? pointed(inner, names) : refTo(names.get(defined) ?? defined)];
    }),
  ) as T;
}
