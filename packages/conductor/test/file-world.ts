import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type ActionContext, ok, type Performer } from "@baton/core";

/** What a test lets happen in a process at a moment of a call, such as its death. */
export type Moment = (moment: "before" | "begin" | "half" | "end", context: ActionContext) => Promise<void>;

const place = (folder: string, context: ActionContext) =>
  join(folder, `${context.step}__${context.tenant?.id ?? "-"}`);

/** One line of a process's doings; a single write, so that lines of several processes never mix. */
const note = (folder: string, line: object) =>
  appendFileSync(join(folder, "doings.log"), `${JSON.stringify(line)}\n`);

/** A doing as noted; `epoch` tells conductors apart. */
export interface Doing {
  readonly what: "perform" | "created" | "undo" | "removed";
  readonly key: string;
  readonly epoch: number;
}

export const doings = (folder: string): readonly Doing[] => {
  const file = join(folder, "doings.log");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Doing);
};

/** Effects are files, created exclusively: a second creation of the same effect would show itself. */
export function filePerformer(folder: string, moment: Moment = async () => undefined): Performer {
  return {
    kind: "service.deploy",
    // Short: an unfenced effect's successor waits so long.
    deadlineMs: () => 100,
    check: async () => [],
    before: async (_input, context) => {
      await moment("before", context);
      return ok({ was: existsSync(place(folder, context)) });
    },
    perform: async (_input, _before, key, context) => {
      note(folder, { what: "perform", key, epoch: context.epoch });
      await moment("begin", context);
      if (!existsSync(place(folder, context))) {
        const file = openSync(place(folder, context), "wx");
        note(folder, { what: "created", key, epoch: context.epoch });
        await moment("half", context);
        writeSync(file, key);
        closeSync(file);
      }
      await moment("end", context);
      return ok({ key });
    },
    undo: async (_input, _before, _output, key, context) => {
      note(folder, { what: "undo", key, epoch: context.epoch });
      await moment("begin", context);
      if (existsSync(place(folder, context))) {
        unlinkSync(place(folder, context));
        note(folder, { what: "removed", key, epoch: context.epoch });
        await moment("half", context);
      }
      await moment("end", context);
      return ok(null);
    },
    observe: async (_input, _before, context) => ({
      state: existsSync(place(folder, context)) ? "present" : "absent",
      detail: "",
    }),
  };
}
