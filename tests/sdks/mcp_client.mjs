// An MCP client with the official SDK, as a coding agent has one: it runs a program and speaks to it on its standard streams.
//
//   node mcp_client.mjs STEP[,STEP…] -- PROGRAM [ARGUMENTS]
//
// Prints one line for each step: `STEP result`, or `STEP error: text`. A step with `http:` in it is an address that is fetched.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const [steps, , command, ...args] = process.argv.slice(2);
const client = new Client({ name: "abide-test", version: "1" }, { capabilities: { elicitation: {} } });
client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { name: "Alice" } }));
client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => console.log(`NOTICE ${params.data}`));
client.fallbackNotificationHandler = async ({ method }) => console.log(`NOTICE ${method}`);
client.onerror = (error) => console.log(`ONERROR ${error.message}`);

async function call(name, options) {
  const answer = await client.callTool({ name, arguments: name === "echo" ? { text: "hello" } : {} }, undefined, options);
  return answer.content.map((part) => part.text).join(" ");
}

async function take(step) {
  if (step === "connect") {
    await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" }));
    return client.getServerVersion().name;
  }
  if (step === "tools") return (await client.listTools()).tools.map((tool) => tool.name).join(" ");
  if (step === "wait") {
    const stop = new AbortController();
    setTimeout(() => stop.abort("enough"), 400);
    return call("wait", { signal: stop.signal });
  }
  if (step === "pause") return new Promise((done) => setTimeout(() => done("over"), 600));
  if (step.startsWith("http:")) return (await fetch(step)).status;
  return call(step);
}

for (const step of steps.split(",")) {
  try {
    console.log(`${step} ${await take(step)}`);
  } catch (error) {
    console.log(`${step} error: ${error.message ?? error} ${JSON.stringify(error.data ?? null)}`);
  }
}
await client.close();
