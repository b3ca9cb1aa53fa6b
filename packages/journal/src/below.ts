/** Whether a stream is `prefix` or below it. The empty prefix is above all streams. */
export const isBelow = (stream: string, prefix: string): boolean =>
  prefix === "" || stream === prefix || stream.startsWith(`${prefix}/`);
