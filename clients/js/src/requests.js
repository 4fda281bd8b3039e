// Tokens for requests to one origin, with `fetch` and with axios. The same in Node.js and in a page.

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** More than any token has, in seconds: Abide renews it. */
const NEW = 24 * 60 * 60;

/** Whether a token may go to an address. */
function covers(origin) {
  const allowed = new URL(origin);
  if (allowed.protocol !== "https:" && !LOCAL.has(allowed.hostname)) {
    throw new TypeError("Tokens are sent over https, or to this computer.");
  }
  return (url) => url.origin === allowed.origin;
}

/** A token for a request, and a newer one if the server refuses that. `ask` gets what is wanted. */
class Tokens {
  constructor(ask, wanted) {
    this.ask = ask;
    this.wanted = wanted;
  }

  first(method, url, signal) {
    return this.ask({ ...this.wanted, htm: method.toUpperCase(), htu: url.origin + url.pathname, signal });
  }

  /** `undefined` if there is no newer one. */
  async newer(refused, nonce, method, url, signal) {
    const again = refused.dpop && nonce ? { nonce } : { minValidity: NEW };
    try {
      const token = await new Tokens(this.ask, { ...this.wanted, ...again }).first(method, url, signal);
      const same = token.access_token === refused.access_token && token.dpop === refused.dpop;
      return same ? undefined : token;
    } catch {
      // The server's refusal says more.
      return undefined;
    }
  }
}

function put(headers, token) {
  headers.set("Authorization", `${token.token_type} ${token.access_token}`);
  if (token.dpop) headers.set("DPoP", token.dpop);
}

/** A `fetch` with tokens. After a 401 it sends the request once more, if there is a newer token. */
export function fetchWith(ask, origin, wanted, send) {
  const isCovered = covers(origin);
  const tokens = new Tokens(ask, wanted);
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!isCovered(url)) return send(request);
    const again = request.clone();
    const token = await tokens.first(request.method, url, request.signal);
    put(request.headers, token);
    const answer = await send(request);
    if (answer.status !== 401) return answer;
    const nonce = answer.headers.get("DPoP-Nonce");
    const newer = await tokens.newer(token, nonce, request.method, url, request.signal);
    if (newer === undefined) return answer;
    await answer.body?.cancel();
    put(again.headers, newer);
    return send(again);
  };
}

/** Adds tokens to an instance of axios. Returns a function that takes them away again. */
export function axiosWith(ask, instance, origin, wanted, base) {
  const isCovered = covers(origin);
  const tokens = new Tokens(ask, wanted);
  const address = (config) => new URL(instance.getUri(config), base);
  const method = (config) => config.method ?? "get";
  const before = instance.interceptors.request.use(async (config) => {
    const url = address(config);
    if (!isCovered(url)) return config;
    config.abideToken ??= await tokens.first(method(config), url, config.signal);
    put(config.headers, config.abideToken);
    return config;
  });
  const after = instance.interceptors.response.use(undefined, async (error) => {
    const { config, response } = error;
    const refused = config?.abideToken;
    if (response?.status !== 401 || refused === undefined || config.abideAgain) throw error;
    const nonce = response.headers["dpop-nonce"];
    const newer = await tokens.newer(refused, nonce, method(config), address(config), config.signal);
    if (newer === undefined) throw error;
    return instance.request({ ...config, abideToken: newer, abideAgain: true });
  });
  return () => {
    instance.interceptors.request.eject(before);
    instance.interceptors.response.eject(after);
  };
}
