// Where the agent is, and one conversation with it: over the socket, or signed over TCP.

import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";

import { AbideError, notProved, notRunning } from "./errors.js";
import { ANSWERED, Exchange } from "./signing.js";

/** The agent may ask the user, who has 45 seconds to answer. */
export const TIMEOUT = 60_000;
/** The longest answer that is read, in bytes. */
const LONGEST = 4 * 1024 * 1024;

/** The folder with the socket and `endpoint.json`. */
export function runtimeFolder(environment = process.env, platform = process.platform) {
  const folder = (name) => (environment[name] && path.isAbsolute(environment[name]) ? environment[name] : undefined);
  const home = folder("HOME");
  const under = (base, ...rest) => (base ? path.join(base, ...rest) : undefined);
  if (platform === "win32") return under(folder("LOCALAPPDATA") ?? folder("APPDATA"), "Abide", "run");
  if (platform === "darwin") return under(home, "Library/Application Support/Abide/run");
  const base = folder("XDG_RUNTIME_DIR");
  if (base && !anyoneMayWrite(base)) return path.join(base, "abide");
  return under(folder("XDG_STATE_HOME") ?? under(home, ".local/state"), "abide/run");
}

/** Whether every user may replace what is in a folder. The agent does not use it then. */
function anyoneMayWrite(folder) {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
}

/** The agent's address over TCP, from `endpoint.json`. What answers there still has to prove itself. */
export async function addressIn(folder) {
  try {
    return JSON.parse(await readFile(path.join(folder, "endpoint.json"), "utf8")).http;
  } catch {
    throw notRunning("Abide is not running: its address was not found.");
  }
}

const named = (address, port) => (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`);

function connected(options, signal) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...options, signal });
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error) => {
      reject(signal?.aborted ? signal.reason : notRunning(`No agent answers (${error.code ?? error.message}).`));
    });
  });
}

/** One connection. A nonce is good on it alone, so another one is never opened in its place. */
class Connection {
  constructor(socket, host, signal) {
    this.socket = socket;
    this.signal = signal;
    this.host = host;
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    this.name = localAddress ? `${named(localAddress, localPort)} ${named(remoteAddress, remotePort)}` : "socket";
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let used = false;
    this.agent.createConnection = () => {
      if (used) throw notRunning("The agent has closed the connection.");
      used = true;
      return socket;
    };
  }

  close() {
    this.agent.destroy();
    this.socket.destroy();
  }

  /** The head of the answer, whose body is not read yet. */
  send(method, target, headers, body) {
    return new Promise((resolve, reject) => {
      const length = body.length > 0 ? { "Content-Length": body.length } : {};
      const all = { Host: this.host, ...headers, ...length };
      const request = http.request({ agent: this.agent, method, path: target, headers: all, signal: this.signal });
      request.once("response", resolve);
      request.once("error", (error) => {
        if (this.signal?.aborted) reject(this.signal.reason);
        else reject(error instanceof AbideError ? error : notRunning(`The agent did not answer (${error.message}).`));
      });
      request.end(body);
    });
  }
}

async function whole(response) {
  const parts = [];
  let length = 0;
  for await (const part of response) {
    length += part.length;
    if (length > LONGEST) throw new AbideError("answer_too_long", "The answer is too long.");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function read(status, body) {
  let content = null;
  try {
    if (body.length > 0) content = JSON.parse(body.toString("utf8"));
  } catch {
    throw new AbideError("answer_unreadable", "The answer is not JSON.");
  }
  if (status < 400) return content;
  throw new AbideError(
    content?.error ?? "refused",
    content?.error_description ?? `The agent answered with ${status}.`,
    content?.case,
  );
}

const isStream = (response) => response.statusCode === 200 && response.headers["content-type"] === "text/event-stream";

/** What was asked for: JSON, or the events as they come. The connection closes with it. */
async function answer(connection, response, check) {
  if (isStream(response)) {
    check(null);
    return events(connection, response);
  }
  const body = await whole(response);
  check(body);
  connection.close();
  return read(response.statusCode, body);
}

async function* events(connection, response) {
  try {
    let text = "";
    response.setEncoding("utf8");
    for await (const part of response) {
      text += part;
      if (text.length > LONGEST) throw new AbideError("answer_too_long", "The answer is too long.");
      const frames = text.split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const data = frame.split("\n").filter((line) => line.startsWith("data: "));
        if (data.length > 0) yield JSON.parse(data.map((line) => line.slice(6)).join("\n"));
      }
    }
  } catch (error) {
    if (connection.signal?.aborted) throw connection.signal.reason;
    if (error instanceof AbideError) throw error;
    throw notRunning(`The agent has ended (${error.message}).`);
  } finally {
    connection.close();
  }
}

const bodyOf = (content) => (content === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(content)));
const kindOf = (body) => (body.length > 0 ? { "Content-Type": "application/json" } : {});

/** Asks over the socket, which the system protects: only this user's agent can be there. */
export async function overSocket(socketPath, { method, target, content, signal }) {
  const connection = new Connection(await connected({ path: socketPath }, signal), "localhost", signal);
  try {
    const body = bodyOf(content);
    const response = await connection.send(method, target, kindOf(body), body);
    return await answer(connection, response, () => {});
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Asks over TCP. The key is not sent, and an answer that is not signed with it is not used. */
export async function signed(address, key, { method, target, content, signal }) {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol !== "http:" || !["127.0.0.1", "::1", "localhost"].includes(host) || !url.port) {
    throw new TypeError("The address of Abide is http://127.0.0.1:PORT.");
  }
  const socket = await connected({ host, port: Number(url.port) }, signal);
  const connection = new Connection(socket, url.host, signal);
  const exchange = (method, target) => {
    const cnonce = randomBytes(24).toString("base64url");
    return new Exchange(key, { method, target, cnonce, connection: connection.name });
  };
  const proves = (exchange, response) => (body) => {
    if (!exchange.answered(response.statusCode, body, response.headers[ANSWERED])) throw notProved();
  };
  try {
    // The agent proves itself before it is told anything.
    const first = exchange("GET", "/v1/challenge");
    const none = Buffer.alloc(0);
    const response = await connection.send(first.method, first.target, { Authorization: first.authorization(none) }, none);
    const challenge = await whole(response);
    proves(first, response)(challenge);
    const { nonce } = read(response.statusCode, challenge);

    const asked = exchange(method, target);
    const body = bodyOf(content);
    const headers = { ...kindOf(body), Authorization: asked.authorization(body, nonce) };
    const answered = await connection.send(method, target, headers, body);
    return await answer(connection, answered, proves(asked, answered));
  } catch (error) {
    connection.close();
    throw error;
  }
}
