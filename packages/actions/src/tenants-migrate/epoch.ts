/** An older conductor came too late. */
export const staleEpoch = (mine: number, newest: number) =>
  ({
    code: "BATON-MIGRATE-EPOCH",
    message: `Another conductor works on this tenant: it holds epoch ${newest}, this one ${mine}.`,
    remedy: "Let the newer conductor go on; this one has lost its lease.",
    details: { mine, newest },
  }) as const;
