import type { Guard } from "../guard.ts";

const ROTATE = "packages/actions/src/keys-rotate";
const rotation = (name: string) => ({ file: "packages/actions/test/keys-rotate/rotate.test.ts", name });
const SUPERVISOR = {
  file: "apps/supervisor/src/supervisor.test.ts",
  name: "what a newer conductor changed no older one changes again, also after a kill -9 of the supervisor",
};

/** What the targets of effects refuse, and what keys and backups are held to. */
export const targetGuards: readonly Guard[] = [
  {
    name: "rotate-unwrap-verify",
    protects: "A data key wrapped anew takes the old one's place only if it opens to the same key.",
    file: `${ROTATE}/rewrap.ts`,
    edits: [
      {
        text: "return same(before.value, after.value)",
        replacement: "return same(after.value, after.value)",
      },
    ],
    test: rotation(
      "M296 unwrap-verify: a data key wrapped anew that opens to another key is refused, the old one stays, and nothing is raised",
    ),
  },
  {
    name: "rotate-none-below",
    protects: "No version of a key is shut off while a data key is wrapped under it.",
    file: `${ROTATE}/performer.ts`,
    edits: [{ text: "if ((await work.stored.countBelow(version)) !== 0) return false;", replacement: "" }],
    test: rotation(
      "a data key that comes while the others are wrapped anew is counted under the lock, and wrapped anew too",
    ),
  },
  {
    name: "rotate-counts-under-lock",
    protects: "A data key that is being stored while they are counted is counted as well.",
    file: `${ROTATE}/performer.ts`,
    edits: [{ text: "    await work.stored.lock();\n", replacement: "" }],
    test: rotation(
      "a data key that comes while the others are wrapped anew is counted under the lock, and wrapped anew too",
    ),
  },
  {
    name: "rotate-refuses-late-keys",
    protects: "A data key wrapped before a rotation and stored after it is refused by the table.",
    file: `${ROTATE}/performer.ts`,
    edits: [{ text: "    await work.stored.refuse(version);\n", replacement: "" }],
    test: rotation(
      "a data key wrapped before the rotation and stored after is refused by the table, and the vault wraps it again",
    ),
  },
  {
    name: "supervisor-epoch",
    protects: "An older conductor starts and stops no instance that a newer one has changed.",
    file: "apps/supervisor/src/instance-set.ts",
    edits: [{ text: "if (epoch < fence) return fenced(id, epoch, fence);", replacement: "" }],
    test: SUPERVISOR,
  },
  {
    name: "supervisor-epoch-is-kept",
    protects: "It is refused also by a supervisor that was killed and started again since.",
    file: "apps/supervisor/src/instance-set.ts",
    edits: [{ text: "new Map(Object.entries(before.fences))", replacement: "new Map<string, number>()" }],
    test: SUPERVISOR,
  },
  {
    name: "gateway-revision",
    protects: "A route is changed only by who has seen it as it is.",
    file: "platform/services/gateway/route-table.ts",
    edits: [
      {
        text: "and tenant = $2 and revision = $4 returning",
        replacement: "and tenant = $2 and $4::bigint is not null returning",
      },
    ],
    test: {
      file: "platform/services/gateway/gateway.test.ts",
      name: "P010: a route is changed by compare-and-set, and only to versions that have an upstream",
    },
  },
  {
    name: "shift-shuts-out",
    protects:
      "Taking back a shift that is not seen yet keeps a conductor that stood still from making it afterwards.",
    file: "packages/actions/src/traffic-shift/performer.ts",
    edits: [
      {
        text: "revision !== before.revision || Object.keys(before.weights).length === 0",
        replacement: "revision >= 0",
      },
    ],
    test: {
      file: "packages/actions/test/traffic-shift.test.ts",
      name: "P010 a shift that stood still between its intent and its PUT is refused once a newer conductor undid it",
    },
  },
  {
    name: "shift-compares-with-what-was-found",
    protects: "A tenant that somebody moved after the plan was made is not moved on from there.",
    file: "packages/actions/src/traffic-shift/unexpected.ts",
    edits: [
      {
        text: "if (nowhere || sameWeights(weights, weightsAt(base, to, share))) return [];",
        replacement: "if (nowhere || Object.keys(base).length > 0) return [];",
      },
    ],
    test: {
      file: "packages/actions/test/traffic-shift.test.ts",
      name: "a superseding shift of %s is checked against where it was found: %s",
    },
  },
  {
    name: "only-what-is-healthy-gets-more",
    protects: "A version that is not healthy gets no more requests than it has.",
    file: "packages/adapters/src/traffic/gateway-http.ts",
    edits: [{ text: "(weights[version] ?? 0) > (now.value.weights[version] ?? 0);", replacement: "false;" }],
    test: {
      file: "packages/adapters/src/traffic/gateway-http.test.ts",
      name: "step by step: what keeps or loses a share may be unhealthy or gone, what would get more may not",
    },
  },
  {
    name: "retire-asks-the-routes",
    protects: "A version is not stopped while a tenant goes to it, also one that the plan does not know.",
    file: "packages/actions/src/service-retire/performer.ts",
    edits: [
      {
        text: "users.value.length > 0 ? [stillInUse(input, users.value)] : []",
        replacement: "[] as Problem[]",
      },
    ],
    test: {
      file: "packages/actions/test/service-retire.test.ts",
      name: "a version is not retired while a tenant goes to it, also one that came during the run",
    },
  },
  {
    name: "backup-proof-compares",
    protects: "A backup counts as proven only if what was restored from it is what was backed up.",
    file: "packages/adapters/src/backup/database-backup.ts",
    edits: [{ text: "if (wrong.length > 0) throw new ProblemError(different(wrong));", replacement: "" }],
    test: {
      file: "packages/adapters/src/backup/backup.test.ts",
      name: "that does not come back as it was is refused as a proof, with what differs",
    },
  },
  {
    name: "backup-proof-is-of-this-file",
    protects: "A proof does not count for a backup whose file was changed since.",
    file: "packages/adapters/src/backup/store.ts",
    edits: [
      {
        text: "return proved === bytes && changedAt <= proof.provenAt ? proof : null;",
        replacement: "return proved < 0 ? null : proof;",
      },
    ],
    test: {
      file: "packages/adapters/src/backup/backup.test.ts",
      name: "that was cut, changed, reordered, lengthened or put in another's place is told, and gives nothing back",
    },
  },
  {
    name: "restore-loses-no-write",
    protects: "A restore that would drop rows written since the backup is refused without maintenance.",
    file: "packages/adapters/src/backup/restore.ts",
    edits: [
      {
        text: "if (losses.length > 0 && !maintenance) throw new ProblemError(wouldLose(restoration.tenant, losses));",
        replacement: "void maintenance;",
      },
    ],
    test: {
      file: "packages/actions/test/tenants-restore.test.ts",
      name: "is refused where rows written since would go, by check and by perform, and the tenant is served as before",
    },
  },
  {
    name: "restore-epoch",
    protects: "An older conductor's restore is refused once a newer one has been at the tenant's database.",
    file: "packages/adapters/src/backup/swap.ts",
    edits: [
      { text: "if (newest > epoch) throw new ProblemError(restoreEpoch(epoch, newest));", replacement: "" },
    ],
    test: {
      file: "packages/actions/test/tenants-restore.test.ts",
      name: "brings the stage back with the rows, and shuts out conductors older than the one that did it",
    },
  },
];
