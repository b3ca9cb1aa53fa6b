/** Fields of a log line. Never a request body, a token or a password. */
type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes JSON lines to standard output. */
export interface JsonLog {
  info(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** One finished request; written only with `LOG_REQUESTS=1`, because a busy service would write little else. */
  request(fields: LogFields): void;
}

/** A log whose lines carry the service's name and version, as the environment gives them. */
export function jsonLog(service: string): JsonLog {
  const name = process.env.SERVICE_NAME ?? service;
  const version = process.env.SERVICE_VERSION ?? "0.0.0";
  const requests = process.env.LOG_REQUESTS === "1";
  const write = (level: string, message: string, fields: LogFields): void => {
    const line = { at: new Date().toISOString(), level, service: name, version, message, ...fields };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  return {
    info: (message, fields = {}) => write("info", message, fields),
    error: (message, fields = {}) => write("error", message, fields),
    request: (fields) => {
      if (requests) write("info", "request", fields);
    },
  };
}
