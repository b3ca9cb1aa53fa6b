import type { Dispatcher } from "undici";
import { ApiError } from "../../shared/api-error.ts";
import { unreachable } from "./unreachable.ts";

/** What this needs to know of an upstream; `url` is an origin. */
interface Address {
  readonly version: string;
  readonly url: string;
}

/**
 * Whether the program at an address is the version it is taken for. An address is only where a version listened once: the
 * port may have gone to another program since, and no token may reach that one.
 */
export interface UpstreamIdentity {
  /**
   * Resolves when the program there has shown to be this version. Throws 502 `upstream.version` where another answers, 502
   * `upstream.unreachable` or 504 `upstream.timeout` where none does.
   */
  assure(upstream: Address): Promise<void>;
  /** Whether this answer came from the version; one that does not say so is believed when the program says it again. */
  answeredBy(upstream: Address, said: string | string[] | undefined): Promise<boolean>;
}

/** How a version says what it is, in every answer; the path asked needs nothing but the program itself. */
const HEADER = "x-service-version";
const ASKED = "/health/live";
const ASK_TIMEOUT_MS = 5_000;
/**
 * Milliseconds for which a proof holds. Shorter than idle connections are kept, so that one to the proven program is still
 * open for as long: its end closes that one, which is seen, and takes the proof back.
 */
const PROOF_MS = 5_000;

/** Nothing is proven yet. `agent` is what requests are sent with: when it loses a connection, its proof is void. */
export function upstreamIdentity(agent: Dispatcher): UpstreamIdentity {
  /** When each address last proved a version, by the clock that only goes forward. */
  const proven = new Map<string, { readonly version: string; readonly at: number }>();
  const asking = new Map<string, Promise<void>>();
  agent.on("disconnect", (origin) => void proven.delete(new URL(origin).origin));
  agent.on("connectionError", (origin) => void proven.delete(new URL(origin).origin));

  const ask = async ({ version, url }: Address): Promise<void> => {
    const said = await askVersion(agent, url);
    if (said !== version) throw otherVersion();
    proven.set(url, { version, at: performance.now() });
  };
  const assure = (upstream: Address): Promise<void> => {
    const proof = proven.get(upstream.url);
    if (proof?.version === upstream.version && performance.now() - proof.at < PROOF_MS)
      return Promise.resolve();
    // Requests that come together ask once.
    const key = `${upstream.version} ${upstream.url}`;
    const asked = asking.get(key) ?? ask(upstream).finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
  return {
    assure,
    async answeredBy(upstream, said) {
      if (said === upstream.version) {
        // Only prolonged: what was taken back meanwhile stays so until it is asked again.
        if (proven.has(upstream.url))
          proven.set(upstream.url, { version: upstream.version, at: performance.now() });
        return true;
      }
      proven.delete(upstream.url);
      if (said !== undefined) return false;
      // An answer that never reached the service's own code, as to a malformed request, names no version.
      return assure(upstream).then(
        () => true,
        () => false,
      );
    },
  };
}

/** The refusal of an answer that is not this version's. */
export const otherVersion = (): ApiError =>
  new ApiError(502, "upstream.version", "Another program answers at the address of this version.");

async function askVersion(agent: Dispatcher, url: string): Promise<unknown> {
  const answered = await agent
    .request({
      origin: url,
      path: ASKED,
      method: "GET",
      headersTimeout: ASK_TIMEOUT_MS,
      bodyTimeout: ASK_TIMEOUT_MS,
    })
    .catch((error: unknown) => {
      throw unreachable(error);
    });
  await answered.body.dump().catch(() => undefined);
  return answered.headers[HEADER];
}
