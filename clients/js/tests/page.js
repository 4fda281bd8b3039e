// The example's page in a real Chromium: a token from the real agent, and a session that this test plays, because one of the agent's lasts
// too long. tests/agent.test.js calls it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { promisify } from "node:util";

import { start } from "../example/server.js";

const run = promisify(execFile);

function chromium() {
  for (const place of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]) {
    try {
      accessSync(place);
      return place;
    } catch {}
  }
  throw new Error("there is no Chromium here");
}

async function until(what, found) {
  for (let tries = 0; tries < 150; tries += 1) {
    const value = await found();
    if (value) return value;
    await later(100);
  }
  assert.fail(`waited for ${what}`);
}

/** Chromium, over the pipes of its remote debugging. */
class Browser {
  #calls = new Map();
  #last = 0;
  #rest = "";

  constructor() {
    this.profile = mkdtempSync(path.join(tmpdir(), "abide-page-"));
    const flags = ["--headless", "--no-sandbox", "--test-type", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    flags.push("--disable-background-networking", "--disable-component-update", "--window-size=720,420");
    flags.push("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--remote-debugging-pipe");
    this.child = spawn(chromium(), [...flags, `--user-data-dir=${this.profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    this.child.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (this.#rest + text).split("\0");
      this.#rest = messages.pop();
      for (const message of messages.map((message) => JSON.parse(message))) {
        this.#calls.get(message.id)?.(message);
        this.#calls.delete(message.id);
      }
    });
  }

  call(method, params = {}, sessionId) {
    const id = (this.#last += 1);
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${method}: no answer of Chromium`)), 10_000);
      this.#calls.set(id, ({ result, error }) => {
        clearTimeout(limit);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
  }

  async open(url) {
    const { targetId } = await this.call("Target.createTarget", { url });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const evaluate = async (expression) => {
      const params = { expression, awaitPromise: true, returnByValue: true };
      return (await this.call("Runtime.evaluate", params, sessionId)).result.value;
    };
    const dialog = "[...document.querySelectorAll('body > div')].map((host) => host.shadowRoot?.querySelector('dialog')).find(Boolean)";
    return {
      says: (id, words) =>
        until(`“${words}”`, async () => (await evaluate(`document.getElementById('${id}')?.textContent`))?.includes(words)),
      press: (id) => evaluate(`document.getElementById('${id}').click()`),
      asks: () => evaluate(`!!(${dialog})?.open`),
      answers: (choice) =>
        until("the buttons", () =>
          evaluate(`((button) => !!button && !button.disabled && (button.click(), true))((${dialog})?.querySelector('.${choice}'))`),
        ),
      evaluate,
      front: () => this.call("Page.bringToFront", {}, sessionId),
      picture: async (name) => {
        const folder = process.env.ABIDE_TEST_PICTURES;
        if (!folder) return;
        const { data } = await this.call("Page.captureScreenshot", {}, sessionId);
        writeFileSync(path.join(folder, `${name}.png`), Buffer.from(data, "base64"));
      },
      close: () => this.call("Target.closeTarget", { targetId }),
    };
  }

  async close() {
    const over = once(this.child, "exit");
    // An orderly end may take longer than the test.
    if (this.child.exitCode === null && this.child.kill("SIGKILL")) await over;
    try {
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // Its other processes may still write there.
    }
  }
}

/** A session of the test. Each listener hears what `becomes` says. */
class Session {
  now = { account: "work", state: "active", expires_in: 600, can_be_kept: true, ended: null, frozen: false };
  done = [];
  #listeners = new Set();

  becomes(change) {
    this.now = { ...this.now, ...change };
    for (const hear of this.#listeners) hear();
  }

  async *events(_, { signal }) {
    let wake = () => {};
    const hear = () => wake();
    this.#listeners.add(hear);
    signal.addEventListener("abort", hear);
    try {
      while (!signal.aborted) {
        const next = new Promise((resolve) => (wake = resolve));
        yield this.now;
        await next;
      }
    } finally {
      this.#listeners.delete(hear);
    }
  }

  async keep() {
    this.done.push("keep");
    this.becomes({ state: "active", expires_in: 600 });
  }

  async logout() {
    this.done.push("logout");
    this.becomes({ state: "ended", expires_in: null });
  }
}

/** As the user at a terminal. */
async function approve(command) {
  const { stdout } = await run(command, ["approve", "--json"]);
  const [{ id, program }] = JSON.parse(stdout).questions;
  await run("script", ["--quiet", "--return", "--command", `'${command}' approve ${id} --allow session`, "/dev/null"]);
  return program;
}

export async function wholePattern({ address, userinfo, command }) {
  const session = new Session();
  const server = await start({ abide: session, account: "work", address, userinfo, port: 0 });
  const origin = `http://localhost:${server.address().port}`;
  const browser = new Browser();
  try {
    const first = await browser.open(`${origin}/`);
    await first.says("session", "Signed in. 9:5");
    await first.press("load");
    await first.says("answer", "needs your permission");
    assert.equal(await approve(command), origin, "Abide has asked about this origin");
    await first.press("load");
    await first.says("answer", "3 orders for");
    await first.picture("signed-in");

    const second = await browser.open(`${origin}/`);
    await second.says("session", "Signed in. 9:5");
    session.becomes({ state: "expiring", expires_in: 125 });
    await until("the question", async () => (await first.asks()) || (await second.asks()));
    await later(300);
    assert.notEqual(await first.asks(), await second.asks(), "one tab asks");
    const asking = (await first.asks()) ? first : second;
    await asking.front();
    await later(900);
    await asking.picture("question");
    await asking.answers("yes");
    await until("the question to close", async () => !(await asking.asks()));
    assert.deepEqual(session.done.splice(0), ["keep"]);

    session.becomes({ state: "expiring", expires_in: 60 });
    await until("the question", async () => (await first.asks()) || (await second.asks()));
    // Another program uses the session.
    session.becomes({ state: "active", expires_in: 600 });
    await until("the question to close", async () => !(await first.asks()) && !(await second.asks()));

    session.becomes({ state: "expiring", expires_in: 60 });
    await until("the question", async () => (await first.asks()) || (await second.asks()));
    const [closed, stays] = (await first.asks()) ? [first, second] : [second, first];
    await closed.close();
    await until("the question in the tab that stays", () => stays.asks());
    await stays.answers("no");
    await stays.says("session", "Signed out.");
    assert.ok(!(await stays.asks()));
    assert.deepEqual(session.done.splice(0), ["logout"]);
    await stays.picture("signed-out");

    session.becomes({ state: "active", expires_in: 600 });
    await stays.says("session", "Signed in.");
    await stays.press("logout");
    await stays.says("session", "Signed out.");
    assert.deepEqual(session.done, ["logout"]);
    assert.match(await stays.evaluate("import('/abide-client/browser.js').then((m) => new m.AbidePage().permission())"), /granted|prompt|denied|unknown/);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
