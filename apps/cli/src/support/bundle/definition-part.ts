import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Problem, Result } from "@baton/core";
import type { Definition, Where } from "@baton/session";
import { json, type Part, text } from "./part.ts";

/** What people wrote: `platform.yaml`, every `release.yaml` and `migration.yaml`, with hashes of their bytes, and what is wrong in them. */
export const definitionPart = ({ platformDir }: Where, definition: Result<Definition>): Part => ({
  what: "platform's and releases' files",
  async collect() {
    const names = await readdir(platformDir, { recursive: true }).catch(() => []);
    const wanted = names
      .filter((name) => !name.includes("node_modules"))
      .filter((name) => name === "platform.yaml" || /(?:^|[\\/])(?:release|migration)\.yaml$/.test(name))
      .sort();
    const files = await Promise.all(
      wanted.map(async (name) => ({
        name: name.replaceAll("\\", "/"),
        bytes: await readFile(join(platformDir, name)),
      })),
    );
    const hashes = files.map(({ name, bytes }) => ({
      file: name,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
    const problems: readonly Problem[] = definition.ok ? [] : definition.problems;
    return {
      files: [
        json("platform/files.json", { files: hashes, problems }),
        ...files.map(({ name, bytes }) => text(`platform/${name}`, bytes.toString("utf8"))),
      ],
      missing: wanted.includes("platform.yaml")
        ? []
        : [{ what: "platform.yaml", why: `${platformDir} holds none that can be read` }],
    };
  },
});
