import { randomUUID } from "node:crypto";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/** A request to the platform. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
}

/** What came of it. `status` is null where the connection broke, ran out of time or answered with what is no JSON. */
export interface ApiAnswer {
  readonly status: number | null;
  readonly body: unknown;
  /** Why there is no status, or what the error answer says; null otherwise. */
  readonly error: string | null;
}

/** An answer that takes longer has failed. */
const DEADLINE_MS = 15_000;
/** Answers of this API are small; a larger one is refused rather than kept. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Sends requests without ever sending one twice. Each goes over a fresh connection: on a kept one a server may close while a
 * request is on its way, which would look like a failure of the platform and would be the client's own.
 */
export class GatewayClient {
  readonly #base: string;

  /** `base` is the gateway's URL without a slash at its end. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Never rejects: a broken connection is an answer without a status. */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    try {
      const { status, text } = await this.#exchange(request, payload);
      return readAnswer(status, text);
    } catch (error) {
      return { status: null, body: null, error: describe(error) };
    }
  }

  #exchange(request: ApiRequest, payload: Buffer | undefined): Promise<{ status: number; text: string }> {
    const url = new URL(this.#base + request.path);
    const options: RequestOptions = {
      method: request.method,
      agent: false,
      headers: this.#headers(request, payload),
      signal: AbortSignal.timeout(DEADLINE_MS),
    };
    return new Promise((resolve, reject) => {
      const open = url.protocol === "https:" ? httpsRequest : httpRequest;
      const sent = open(url, options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) sent.destroy(new Error("the answer is larger than 4 MiB"));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("aborted", () => reject(new Error("the connection broke in the middle of the answer")));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      sent.on("error", reject);
      sent.end(payload);
    });
  }

  #headers(request: ApiRequest, payload: Buffer | undefined): Record<string, string> {
    return {
      accept: "application/json",
      authorization: `Bearer ${request.token}`,
      "x-request-id": randomUUID(),
      "x-trace-id": randomUUID().replaceAll("-", ""),
      ...(request.method === "GET" ? {} : { "idempotency-key": randomUUID() }),
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(payload.length) }),
    };
  }
}

function readAnswer(status: number, text: string): ApiAnswer {
  try {
    const body: unknown = JSON.parse(text);
    return { status, body, error: errorOf(body) };
  } catch {
    return status >= 400
      ? { status, body: null, error: null }
      : { status: null, body: null, error: `status ${status} with an answer that is no JSON` };
  }
}

/** Code and message of an error answer; null for any other answer. */
function errorOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body;
  if (typeof error !== "object" || error === null) return null;
  const code = "code" in error ? String(error.code) : "no code";
  const message = "message" in error ? String(error.message) : "no message";
  return `${code}: ${message}`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${DEADLINE_MS / 1000} s`;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return code === "" || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}
