import { createHash } from "node:crypto";
import { drawFrom, promptText, TOPICS } from "./texts.ts";

/** A bundle to insert. */
export interface SeedBundle {
  readonly id: string;
  readonly name: string;
}

/** A prompt with its versions, oldest first. */
export interface SeedPrompt {
  readonly id: string;
  readonly bundle: string;
  readonly name: string;
  readonly bodies: readonly string[];
}

const MOST_VERSIONS = 4;

/** The bundles and prompts of one tenant: the same ones each time, and different ones for each tenant. */
export function tenantPrompts(
  tenant: string,
  prompts: number,
): { readonly bundles: readonly SeedBundle[]; readonly prompts: readonly SeedPrompt[] } {
  const bundles = TOPICS.map((name) => ({ id: stableId(`${tenant}/bundle/${name}`), name }));
  return {
    bundles,
    prompts: Array.from({ length: prompts }, (_, n) => {
      const topic = TOPICS[n % TOPICS.length] ?? "Starter";
      const digest = createHash("sha256").update(`${tenant}/${n}`).digest();
      const draw = drawFrom(digest.readUInt32BE(0));
      const versions = 1 + Math.floor(draw() * MOST_VERSIONS);
      return {
        id: stableId(`${tenant}/prompt/${n}`),
        bundle: topic,
        name: `${topic} ${String(Math.floor(n / TOPICS.length) + 1).padStart(2, "0")}`,
        bodies: Array.from({ length: versions }, (_body, version) => promptText(draw, topic, version + 1)),
      };
    }),
  };
}

/** A UUID (version 8) that the same name always gets. */
function stableId(name: string): string {
  const bytes = createHash("sha256").update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
