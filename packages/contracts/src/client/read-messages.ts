/** A message of an event stream as it came over the wire. */
export interface Message {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retry: number | null;
}

/** Reads server-sent events as the HTML standard says, from bytes that are cut anywhere. */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  let lines: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (line !== "") lines.push(line);
        else if (lines.length > 0) {
          yield toMessage(lines);
          lines = [];
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function toMessage(lines: readonly string[]): Message {
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return colon < 0
      ? ([line, ""] as const)
      : ([line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")] as const);
  });
  const last = (name: string) => fields.findLast(([field]) => field === name)?.[1] ?? null;
  const retry = last("retry");
  return {
    id: last("id"),
    event: last("event") ?? "message",
    data: fields
      .filter(([field]) => field === "data")
      .map(([, value]) => value)
      .join("\n"),
    retry: retry !== null && /^\d+$/.test(retry) ? Number(retry) : null,
  };
}
