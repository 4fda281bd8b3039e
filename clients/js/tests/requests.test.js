// Tokens for requests to one origin, with the real axios and with fetch. The tokens are the test's.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import axios from "axios";

import { axiosWith, fetchWith } from "../src/requests.js";

let server;
let origin;
let seen = [];
const asked = [];

/** A new token is one that is wanted for a day. */
const ask = async (wanted) => {
  asked.push(wanted);
  return { access_token: wanted.minValidity ? "new" : "old", token_type: "Bearer", dpop: null };
};

before(async () => {
  server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { authorization } = request.headers;
    seen.push(`${request.method} ${request.url} ${authorization} ${body}`);
    const refused = request.url === "/never" || (request.url.startsWith("/new") && authorization !== "Bearer new");
    response.writeHead(refused ? 401 : 200, { "Content-Type": "application/json" }).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

for (const kind of ["axios", "fetch"]) {
  const sender = () => {
    seen = [];
    asked.length = 0;
    if (kind === "fetch") {
      const api = fetchWith(ask, origin, { account: "work" }, globalThis.fetch);
      return async (method, path, body) => (await api(origin + path, { method, body: body && JSON.stringify(body) })).status;
    }
    const instance = axios.create({ baseURL: origin, proxy: false });
    axiosWith(ask, instance, origin, { account: "work" });
    return (method, url, data) =>
      instance.request({ method, url, data }).then(({ status }) => status, ({ response }) => response.status);
  };

  test(`${kind}: a request has a token`, async () => {
    assert.equal(await sender()("GET", "/x?a=b"), 200);
    assert.deepEqual(seen, ["GET /x?a=b Bearer old "]);
    assert.deepEqual({ ...asked[0], signal: undefined }, { account: "work", htm: "GET", htu: `${origin}/x`, signal: undefined });
  });

  test(`${kind}: after a 401 once more, with its body and a newer token`, async () => {
    assert.equal(await sender()("POST", "/new", { a: 1 }), 200);
    assert.deepEqual(seen, ['POST /new Bearer old {"a":1}', 'POST /new Bearer new {"a":1}']);
    assert.equal(await sender()("GET", "/never"), 401);
    assert.equal(seen.length, 2, "and not for ever");
  });
}

test("axios: other origins and instances get no token", async () => {
  const sent = [];
  const adapter = async (config) => (sent.push(config), { status: 200, headers: {}, config, data: "" });
  const instance = axios.create({ adapter });
  const eject = axiosWith(ask, instance, "https://api.example.com", {});
  await instance.get("https://api.example.com/x");
  assert.ok(sent.pop().headers.get("Authorization"));
  for (const url of ["https://evil.example/", "https://api.example.com:8443/", "http://api.example.com/", "https://api.example.com@evil.example/"]) {
    await instance.get(url);
    assert.ok(!sent.pop().headers.get("Authorization"), url);
  }
  eject();
  await instance.get("https://api.example.com/x");
  assert.ok(!sent.pop().headers.get("Authorization"), "taken away");
  assert.throws(() => axiosWith(ask, instance, "http://api.example.com", {}), TypeError);
});

test("axios: a refusal of Abide is the error of the request", async () => {
  const instance = axios.create({ adapter: async () => assert.fail("sent") });
  axiosWith(async () => Promise.reject(Object.assign(new Error("no"), { code: "login_required" })), instance, origin, {});
  await assert.rejects(instance.get(`${origin}/x`), { code: "login_required" });
});
