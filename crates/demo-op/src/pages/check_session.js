// The OP iframe of OpenID Connect Session Management 1.0, section 3.2. A message is the client's ID, a space and the
// session state that the client was given; the answer is "unchanged", "changed" or "error".
"use strict";
const cookieName = document.documentElement.dataset.cookie;

function browserState() {
  const pairs = document.cookie.split(";").map((pair) => pair.trim());
  const pair = pairs.find((pair) => pair.startsWith(cookieName + "="));
  return pair === undefined ? "" : pair.slice(cookieName.length + 1);
}

async function sessionState(clientId, origin, salt) {
  const text = clientId + " " + origin + " " + browserState() + " " + salt;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hash + "." + salt;
}

async function answer(message, origin) {
  // A session state holds no space; a client's ID may.
  const parts = typeof message === "string" ? /^(.+) ([^ .]+)\.([^ ]+)$/s.exec(message) : null;
  if (parts === null) return "error";
  const [, clientId, hash, salt] = parts;
  return (await sessionState(clientId, origin, salt)) === hash + "." + salt ? "unchanged" : "changed";
}

addEventListener("message", async (event) => {
  // Who has no origin was given no session state, and could not be told apart from others like it.
  if (event.source === null || event.origin === "null") return;
  const said = await answer(event.data, event.origin).catch(() => "error");
  event.source.postMessage(said, event.origin);
});
