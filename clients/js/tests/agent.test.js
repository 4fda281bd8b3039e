// Against a real agent, which `./x test` starts: tests/tests/client_libraries.rs.

import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";

import { Abide, AbideError } from "../src/index.js";
import { wholePattern } from "./page.js";

const { ABIDE_TEST_ADDRESS: address, ABIDE_TEST_API: api, ABIDE_TEST_COMMAND: command } = process.env;
const { ABIDE_TEST_KEY: key, ABIDE_TEST_PLAIN_KEY: plain } = process.env;

const code = (wanted) => (error) => error instanceof AbideError && error.code === wanted;

/** A program between a client and the agent, which passes everything on and keeps it. */
async function relay() {
  const { hostname, port } = new URL(address);
  const seen = [];
  const server = net.createServer((client) => {
    const agent = net.connect({ host: hostname, port: Number(port) });
    client.on("data", (data) => {
      seen.push(data.toString());
      agent.write(data.toString().replaceAll(`:${server.address().port}`, `:${port}`));
    });
    agent.on("data", (data) => {
      seen.push(data.toString());
      client.write(data);
    });
    for (const socket of [client, agent]) {
      socket.on("error", () => {});
      socket.on("close", () => (client.destroy(), agent.destroy()));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, seen, address: `http://127.0.0.1:${server.address().port}` };
}

describe("agent", { skip: !address && "there is no agent: `./x test client_libraries` starts one" }, () => {
  const abide = address && new Abide({ key, address });

  test("a signed request gets a token", async () => {
    const token = await abide.token({ account: "work" });
    assert.equal(token.account, "work");
    assert.equal(token.token_type, "Bearer");
    assert.equal((await abide.session("work")).state, "active");
    assert.equal((await abide.sessions()).accounts.length, 1);
    assert.ok((await abide.claims("work")).claims);
    await abide.activity("work");
    await new Abide({ key, address, command }).keep("work");
  });

  test("the agent is found by itself", async () => {
    assert.equal((await new Abide({ key }).session("work")).account, "work");
    assert.equal((await new Abide({ key: "" }).session("work")).account, "work", "over the socket, without a key");
  });

  test("a refusal of the agent has its code", async () => {
    await assert.rejects(abide.token({ account: "nosuch" }), code("unknown_account"));
    await assert.rejects(abide.stronger("Bearer", { account: "work" }), code("invalid_request"), "the body has arrived");
    assert.throws(() => new Abide({ key: plain }), TypeError);
  });

  test("a relay gets neither key nor token", async () => {
    const between = await relay();
    const wanted = { account: "work", reason: "a-reason-to-find" };
    await assert.rejects(new Abide({ key, address: between.address }).token(wanted), code("agent_not_proved"));
    between.server.close();
    const seen = between.seen.join("");
    assert.ok(seen.includes("/v1/challenge"));
    for (const secret of [key.slice("abide_hmac_0123456789abcdef_".length), "access_token", "a-reason-to-find"]) assert.ok(!seen.includes(secret));
  });

  test("a wrong agent is noticed", async () => {
    const other = `abide_hmac_0123456789abcdef_${"a".repeat(43)}`;
    await assert.rejects(new Abide({ key: other, address }).token(), code("agent_not_proved"));
    const body = '{"nonce":"bm9uY2Utb2YtdGhlLWFnZW50LTAwMDAwMDAwMDAwMDE"}';
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const there = `http://127.0.0.1:${server.address().port}`;
    await assert.rejects(new Abide({ key, address: there }).token(), code("agent_not_proved"));
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(new Abide({ key, address: there }).token(), code("agent_not_running"));
    await assert.rejects(new Abide({ key, address: "http://abide.example:80" }).token(), TypeError);
  });

  test("fetch adds a token to one origin", async () => {
    const fetched = await abide.fetch(api, { account: "work" })(api);
    assert.equal(fetched.status, 200);
    assert.ok((await fetched.json()).sub);
    const headers = async (origin, url) => {
      let sent;
      await abide.fetch(origin, { account: "work" }, async (request) => ((sent = request), new Response()))(url);
      return sent.headers;
    };
    assert.ok((await headers("https://api.example.com", "https://api.example.com/x")).has("Authorization"));
    for (const other of ["https://evil.example/", "https://api.example.com:8443/", "http://api.example.com/"]) {
      assert.ok(!(await headers("https://api.example.com", other)).has("Authorization"), other);
    }
    assert.throws(() => abide.fetch("http://api.example.com"), TypeError);
  });

  test("a page has the whole pattern", { timeout: 30_000 }, async () => {
    await wholePattern({ address, userinfo: api, command });
  });

  test("events come until the session ends", { timeout: 20_000 }, async () => {
    const states = [];
    for await (const session of abide.events("work")) {
      states.push(session.state);
      if (session.state === "ended") break;
      if (states.length === 1) await new Abide({ key, address, command }).logout("work");
    }
    assert.equal(states[0], "active");
    await assert.rejects(abide.token({ account: "work" }), code("session_expired"));
    const over = new AbortController();
    await assert.rejects(async () => {
      for await (const _ of abide.events("work", { signal: over.signal })) over.abort();
    }, { name: "AbortError" });
  });
});
