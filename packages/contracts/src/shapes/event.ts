import { z } from "zod";
import { AnyValue, Time } from "./common.ts";

/** An event as the journal holds it. */
export const EventBody = z
  .strictObject({
    position: z.int(),
    stream: z.string(),
    seq: z.int(),
    at: Time,
    epoch: z.int(),
    type: z.string(),
    version: z.int(),
    data: AnyValue,
    hash: z.string(),
    previous: z.string(),
  })
  .meta({ id: "Event", description: "A fact of the journal, appended once and never changed." });
export type EventBody = z.infer<typeof EventBody>;
