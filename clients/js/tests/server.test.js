// What a page's own server passes on, and to whom.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";

import { AbideError } from "../src/index.js";
import { abideServer } from "../src/server.js";

const done = [];
const abide = {
  async *events() {
    yield { account: "work", state: "active", expires_in: 60, layers: ["not for pages"] };
  },
  keep: async (account) => void done.push(`keep ${account}`),
  logout: async () => Promise.reject(new AbideError("logout_failed", "no")),
};

async function ask(method, path, headers) {
  const server = http.createServer(abideServer(abide, { account: "work" }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const host = `localhost:${port}`;
  const all = { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin", ...headers };
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  const answer = await new Promise((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", method, path, headers: all }, async (response) => {
      let text = "";
      for await (const part of response) text += part;
      resolve({ status: response.statusCode, text });
    });
    request.on("error", reject).end();
  });
  server.close();
  return answer;
}

test("a page of this server", async () => {
  const { status, text } = await ask("GET", "/abide/events", { Origin: null });
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text.slice("data: ".length)), { account: "work", state: "active", expires_in: 60 });
  assert.equal((await ask("POST", "/abide/keep")).status, 204);
  assert.deepEqual(done.splice(0), ["keep work"]);
  const failed = await ask("POST", "/abide/logout");
  assert.equal(failed.status, 502);
  assert.equal(JSON.parse(failed.text).error, "logout_failed");
});

test("no other page, program or name", async () => {
  const wrong = [
    { "Sec-Fetch-Site": null },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "none" },
    { Origin: "http://localhost:1" },
    { Origin: "null" },
    { Origin: null },
    { Host: "evil.example", Origin: "http://evil.example" },
    { Host: "localhost.evil.example", Origin: "http://localhost.evil.example" },
  ];
  for (const headers of wrong) assert.equal((await ask("POST", "/abide/keep", headers)).status, 403, JSON.stringify(headers));
  assert.deepEqual(done, []);
  for (const [method, path] of [["GET", "/abide/keep"], ["DELETE", "/abide/logout"], ["POST", "/abide/toString"], ["GET", "/other"]]) {
    assert.equal((await ask(method, path)).status, 404, path);
  }
});
