import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { asAdmin } from "../../test/databases.ts";
import type { LivePlatform } from "../../test/live-platform.ts";
import { type Fault, lasting } from "./fault.ts";

const run = promisify(execFile);
const SPACE = "soak_small_disk";
const MEGABYTES = 48;

/** Why no small disk can be had here; null where one can. Mounting is root's, and not even root's in some containers. */
export async function noSmallDisk(dir: string): Promise<string | null> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root can mount a small disk";
  const point = join(dir, "mount-try");
  await mkdir(point, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "none", point]);
    await run("umount", [point]);
    return null;
  } catch {
    return "this container may not mount a small disk";
  } finally {
    await rm(point, { recursive: true, force: true });
  }
}

/** Moves the journal's events, which are what grows, with their indexes. Those who append wait for that moment. */
const moveEvents = (platform: LivePlatform, space: string): Promise<unknown> =>
  asAdmin(platform, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      "select indexrelid::regclass::text as name from pg_index where indrelid = 'baton_journal.events'::regclass",
    );
    const moves = rows.map(({ name }) => `alter index ${name} set tablespace ${space};`);
    await admin.query(`alter table baton_journal.events set tablespace ${space}; ${moves.join(" ")}`);
  });

/** Writes until nothing more fits. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, "w");
  const block = Buffer.alloc(4_096, 1);
  try {
    for (;;) await handle.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    await handle.close();
  }
}

/** The journal's events lie on a disk of their own, which is full to the last byte for a while and freed then. */
export const journalDiskFull: Fault = {
  name: "journal-disk-full",
  words: "the disk of the journal is full, and freed after a while",
  harmsRequests: false,
  mayTurn: false,
  mayEndConductor: true,
  async strike(world) {
    const { platform } = world;
    if ((await noSmallDisk(platform.dir)) !== null) return null;
    const point = join(platform.dir, "small-disk");
    await mkdir(point, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${MEGABYTES}m,mode=0777`, "none", point]);
    const filler = join(point, "filler");
    const data = join(point, "data");
    await mkdir(data, { mode: 0o700 });
    await asAdmin(platform, (admin) => admin.query(`create tablespace ${SPACE} location '${data}'`));
    await moveEvents(platform, SPACE);
    await fill(filler);
    return {
      what: `${MEGABYTES} MB`,
      async heal() {
        await lasting(world);
        await rm(filler, { force: true });
        await moveEvents(platform, "pg_default");
        await asAdmin(platform, (admin) => admin.query(`drop tablespace ${SPACE}`));
        await run("umount", [point]);
      },
    };
  },
};
