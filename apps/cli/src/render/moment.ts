/** A time for people, to the minute and with its zone: `2026-11-21 12:00 UTC`. */
export const renderMoment = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
