// The example's server: `node server.js`, then open http://localhost:5173. It serves the page, passes the session on (`abideServer`), and
// has an API that needs a token.

import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Abide } from "../src/index.js";
import { abideServer } from "../src/server.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript"],
  "/style.css": ["style.css", "text/css"],
};

function file(url) {
  const library = /^\/abide-client\/([a-z]+\.js)$/.exec(url);
  if (library) return [path.join("../src", library[1]), "text/javascript"];
  return files[url];
}

/** The API: who the token is for, as the provider says. */
async function orders(userinfo, request, response) {
  const { authorization } = request.headers;
  const asked = authorization && userinfo ? await fetch(userinfo, { headers: { authorization } }) : undefined;
  const status = authorization ? (asked?.status ?? 200) : 401;
  const { name, sub } = asked?.ok ? await asked.json() : {};
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(status === 200 ? { orders: 3, for: name ?? sub ?? "you" } : {}));
}

/** Starts the server; its port. `abide` is an `Abide`, and `address` where pages find Abide. */
export async function start({ abide, account, address, userinfo, port }) {
  const session = abideServer(abide, { account });
  const policy = `default-src 'self'; connect-src 'self' ${address}; frame-ancestors 'none'`;
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/api/orders") return orders(userinfo, request, response);
    const found = file(pathname);
    if (!found) return void response.writeHead(404).end();
    let text = await readFile(path.join(here, found[0]), "utf8");
    if (pathname === "/") text = text.replace("{account}", account).replace("{address}", address);
    response.writeHead(200, { "Content-Type": found[1], "Content-Security-Policy": policy, "Cache-Control": "no-store" });
    response.end(text);
  };
  const server = http.createServer((request, response) =>
    session(request, response, () => answer(request, response).catch(() => response.writeHead(500).end())),
  );
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { PORT = "5173", ABIDE_ACCOUNT: account = "work", ABIDE_PAGE_ADDRESS: address = "http://127.0.0.1:47600" } = process.env;
  const { API_USERINFO: userinfo, ABIDE_COMMAND: command } = process.env;
  const server = await start({ abide: new Abide({ command }), account, address, userinfo, port: Number(PORT) });
  console.log(`http://localhost:${server.address().port}/`);
}
