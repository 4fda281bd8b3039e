// An MCP server with the official SDK. It takes tokens of one provider, for itself only, and asks the provider about each.
//
//   node mcp_server.mjs ISSUER CLIENT_ID [PORT]
//
// Prints `PORT n`, and for each request `TOKEN` with a digest of its token. `/control/refuse` makes it refuse the tokens that it has
// seen, `/control/lose` forget its sessions.
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

const [issuer, clientId, port = "0"] = process.argv.slice(2);
const found = await fetch(`${issuer}/.well-known/openid-configuration`);
const metadata = await (found.ok ? found : await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
const seen = new Set();
const refused = new Set();
let sessions = new Map();

const digest = (token) => createHash("sha256").update(token).digest("hex").slice(0, 12);

/** What is wrong with a request: a status and a challenge; nothing if it may pass. */
async function judge(request, resource, message) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (!token) return [401, ""];
  console.log(`TOKEN ${digest(token)} ${message?.method ?? request.method}`);
  seen.add(token);
  const body = new URLSearchParams({ token, client_id: clientId });
  const about = await (await fetch(metadata.introspection_endpoint, { method: "POST", body })).json();
  if (!about.active || about.aud !== resource || refused.has(token)) return [401, ', error="invalid_token"'];
  const scopes = about.scope.split(" ");
  const needs = message?.params?.name === "write" ? "email" : undefined;
  if (needs && !scopes.includes(needs)) return [403, `, error="insufficient_scope", scope="${needs}"`];
}

function tools() {
  const server = new McpServer({ name: "abide-test", version: "1" }, { capabilities: { logging: {} } });
  server.registerTool("echo", { inputSchema: { text: z.string() } }, async ({ text }) => ({
    content: [{ type: "text", text: `heard: ${text}` }],
  }));
  server.registerTool("write", {}, async () => ({ content: [{ type: "text", text: "written" }] }));
  server.registerTool("tell", {}, async (extra) => {
    const params = { level: "info", data: "on the way" };
    await extra.sendNotification({ method: "notifications/message", params });
    server.sendToolListChanged();
    return { content: [{ type: "text", text: "told" }] };
  });
  server.registerTool("ask", {}, async (extra) => {
    const requestedSchema = { type: "object", properties: { name: { type: "string" } } };
    const asked = { method: "elicitation/create", params: { message: "Your name?", requestedSchema } };
    const answer = await extra.sendRequest(asked, z.object({ action: z.string(), content: z.any() }));
    return { content: [{ type: "text", text: `${answer.action}: ${answer.content.name}` }] };
  });
  server.registerTool("wait", {}, async (extra) => {
    await new Promise((done) => extra.signal.addEventListener("abort", done));
    console.log("CANCELLED");
    return { content: [] };
  });
  return server;
}

async function serve(request, response) {
  const url = new URL(request.url, "http://127.0.0.1");
  const resource = `http://127.0.0.1:${listener.address().port}/mcp`;
  if (url.pathname === "/control/refuse") seen.forEach((token) => refused.add(token));
  if (url.pathname === "/control/lose") sessions = new Map();
  if (url.pathname.startsWith("/control/")) return response.end();
  if (url.pathname === "/.well-known/oauth-protected-resource/mcp") {
    response.setHeader("content-type", "application/json");
    const about = { resource, authorization_servers: [issuer], scopes_supported: ["openid", "profile"] };
    return response.end(JSON.stringify(about));
  }
  let message;
  if (request.method === "POST") {
    let text = "";
    for await (const part of request) text += part;
    message = JSON.parse(text);
  }
  const wrong = await judge(request, resource, message);
  if (wrong) {
    const address = `http://127.0.0.1:${listener.address().port}/.well-known/oauth-protected-resource/mcp`;
    response.writeHead(wrong[0], { "www-authenticate": `Bearer resource_metadata="${address}"${wrong[1]}` });
    return response.end();
  }
  const id = request.headers["mcp-session-id"];
  let transport = id && sessions.get(id);
  if (!transport && isInitializeRequest(message)) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, transport),
      onsessionclosed: () => console.log("SESSION CLOSED"),
    });
    await tools().connect(transport);
  }
  if (!transport) {
    response.writeHead(404, { "content-type": "application/json" });
    const error = { code: -32001, message: "Session not found" };
    return response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
  }
  await transport.handleRequest(request, response, message);
}

const listener = createServer((request, response) =>
  serve(request, response).catch((error) => {
    console.log(`ERROR ${error.stack}`);
    response.destroy();
  }),
);
listener.listen(Number(port), "127.0.0.1", () => console.log(`PORT ${listener.address().port}`));
