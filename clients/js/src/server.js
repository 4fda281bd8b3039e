// What a page's own server passes on between the page and Abide: events of the session, and signing out. The types are in server.d.ts.

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** What a page learns of a session. */
const shown = ({ account, state, expires_in, limit, can_be_kept, ended, frozen, sign_in_needed }) => ({
  account,
  state,
  expires_in,
  limit,
  can_be_kept,
  ended,
  frozen,
  sign_in_needed,
});

/** Only pages of this server on this computer: no other site, and no other name of this computer (DNS rebinding). */
function isOwnPage({ method, headers }) {
  if (!LOCAL.test(headers.host ?? "")) return false;
  if (headers["sec-fetch-site"] !== "same-origin") return false;
  if (method === "GET") return true;
  return headers.origin === `http://${headers.host}` || headers.origin === `https://${headers.host}`;
}

function answer(response, status, content) {
  const text = content === undefined ? "" : JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(text);
}

async function events(abide, account, request, response) {
  const over = new AbortController();
  response.once("close", () => over.abort());
  const head = { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
  try {
    for await (const session of abide.events(account, { signal: over.signal })) {
      if (!response.headersSent) response.writeHead(200, head);
      response.write(`data: ${JSON.stringify(shown(session))}\n\n`);
    }
    // The page's EventSource connects again.
    response.end();
  } catch (error) {
    if (over.signal.aborted) return;
    if (response.headersSent) response.end();
    else failed(response, error);
  }
}

function failed(response, error) {
  answer(response, 502, { error: error.code ?? "unusable_answer", error_description: error.message });
}

export function abideServer(abide, { account, path = "/abide" }) {
  const actions = { keep: () => abide.keep(account), logout: () => abide.logout(account) };
  return (request, response, next) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname.startsWith(`${path}/`) ? pathname.slice(path.length + 1) : undefined;
    const action = request.method === "POST" && Object.hasOwn(actions, name ?? "") ? actions[name] : undefined;
    const listens = request.method === "GET" && name === "events";
    if (!action && !listens) {
      if (next) next();
      else answer(response, 404, { error: "not_found", error_description: "There is no such page." });
      return;
    }
    if (!isOwnPage(request)) {
      answer(response, 403, { error: "access_denied", error_description: "Only a page of this server may ask." });
      return;
    }
    if (listens) events(abide, account, request, response);
    else action().then(() => answer(response, 204), (error) => failed(response, error));
  };
}
