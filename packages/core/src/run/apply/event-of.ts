import type { RunEvent } from "../../model/event.ts";

/** The event of one type. */
export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;
