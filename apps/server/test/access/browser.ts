/** What a browser does that matters here: it keeps cookies and sends them along, and says where a page is from. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Posts a form, as a page of `origin` would; of the server itself when not given. */
  post(path: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  /** Goes where redirects lead, also to other servers, and gives the last answer. */
  open(path: string): Promise<Answer>;
  /** The same, but stops in front of an address that begins like this, and gives it. */
  openUntil(path: string, stop: string): Promise<string>;
}

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where it came from. */
  readonly url: string;
}

const HOPS = 12;

/**
 * A browser that visits one server. Cookies are shared by all ports of a host, as browsers do it, and a page that tells nobody where
 * it is from (`no-referrer`) tells our own server neither: its forms are sent with `Origin: null`.
 */
export function browser(base: string): Browser {
  const cookies = new Map<string, string>();
  let tellsNobody = false;
  async function send(url: URL, init: RequestInit & { headers: Record<string, string> }): Promise<Answer> {
    const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", ...(jar === "" ? {} : { cookie: jar }), ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const at = pair.indexOf("=");
      const gone = attributes.some(
        (one) => one === "Max-Age=0" || one.startsWith("Expires=Thu, 01 Jan 1970"),
      );
      if (gone || pair.slice(at + 1) === "") cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    tellsNobody = response.headers.get("referrer-policy") === "no-referrer";
    return { status: response.status, headers: response.headers, body: await response.text(), url: url.href };
  }
  const get = (path: string, headers: Record<string, string> = {}) =>
    send(new URL(path, base), { method: "GET", headers });
  async function walk(path: string, stop: string | null): Promise<Answer | string> {
    let at = new URL(path, base);
    for (let hop = 0; hop < HOPS; hop++) {
      if (stop !== null && at.href.startsWith(stop)) return at.href;
      const answer = await get(at.href);
      const location = answer.headers.get("location");
      if (location === null) return answer;
      at = new URL(location, at);
    }
    throw new Error(`${path} leads on and on`);
  }
  return {
    cookies,
    get,
    post: (path, form, headers = {}) => {
      const url = new URL(path, base);
      const body = new URLSearchParams(form).toString();
      const type = "application/x-www-form-urlencoded";
      const origin = tellsNobody ? "null" : url.origin;
      return send(url, {
        method: "POST",
        body,
        headers: { origin, "content-type": type, ...headers },
      });
    },
    open: async (path) => {
      const end = await walk(path, null);
      if (typeof end === "string") throw new Error(end);
      return end;
    },
    openUntil: async (path, stop) => {
      const end = await walk(path, stop);
      if (typeof end !== "string") throw new Error(`${path} ended with status ${end.status}: ${end.body}`);
      return end;
    },
  };
}
