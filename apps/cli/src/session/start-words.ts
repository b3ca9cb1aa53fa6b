import type { SupervisorState } from "@baton/adapters";

/** What a person should know of a start, a sentence each: what was generated, which ports moved. */
export function startWords({ generated, moved, stateDir }: SupervisorState): readonly string[] {
  const passphrase = generated.includes("baton-keys-passphrase")
    ? [
        `No passphrase was given for the keys: one was generated into ${stateDir}/secrets (mode 0600). Keep it with your backups.`,
      ]
    : [];
  const ports = moved.map(
    ({ name, wanted, got }) =>
      `Port ${wanted} was taken; ${name} uses ${got}, and all that names it moved along.`,
  );
  return [...passphrase, ...ports];
}
