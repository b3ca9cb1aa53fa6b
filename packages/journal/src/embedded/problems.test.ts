import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderProblem, programProblem } from "./problems.ts";

const path = join(tmpdir(), "data");

describe("what PostgreSQL says before it gives up", () => {
  it.each([
    ["FATAL:  could not write to file: No space left on device", "BATON-POSTGRES-DISK-FULL"],
    [
      "postgres: error while loading shared libraries: libicuuc.so.60: cannot open",
      "BATON-POSTGRES-BINARIES",
    ],
    ['FATAL:  could not open file "x": Permission denied', "BATON-POSTGRES-FOLDER"],
    ["initdb: error: cannot be run as root", "BATON-POSTGRES-USER"],
    ["FATAL:  database files are incompatible with server", "BATON-POSTGRES-DATA"],
    ["LOG:  starting\nFATAL:  something else\nLOG:  gone", "BATON-POSTGRES-START"],
    ["", "BATON-POSTGRES-START"],
  ])("%s is %s", async (said, code) => {
    expect(await programProblem("postgres", path, said)).toMatchObject({ problems: [{ code }] });
  });

  it("is quoted by its last telling line", async () => {
    const said = "LOG:  starting\nFATAL:  something else\nLOG:  database system is shut down";
    const result = await programProblem("postgres", path, said);
    expect(result.ok ? "" : result.problems[0]?.message).toBe("postgres gave up: FATAL:  something else");
  });

  it("tells a full disk from a folder that cannot be written, also by the file system's own errors", () => {
    const error = (code: string) => Object.assign(new Error(code), { code });
    expect(folderProblem(path, error("ENOSPC"))).toMatchObject({
      problems: [{ code: "BATON-POSTGRES-DISK-FULL" }],
    });
    expect(folderProblem(path, error("EACCES"))).toMatchObject({
      problems: [{ code: "BATON-POSTGRES-FOLDER" }],
    });
  });
});
