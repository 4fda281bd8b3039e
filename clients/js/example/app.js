import { AbidePage, clock, secondsUntil } from "/abide-client/browser.js";

const $ = (id) => document.getElementById(id);
const { account, address } = document.body.dataset;

// The whole pattern: the session with its question, the API with its token, and signing out.
const abide = new AbidePage({ account, address });
const api = abide.fetch(location.origin);
abide.watch((now) => paint((session = now)));
$("load").onclick = () => api("/api/orders").then(show, explain);
$("logout").onclick = () => abide.logout().catch(explain);

// What the page looks like.
let session;
const WORDS = {
  login_required: "You are signed out. Open Abide to sign in.",
  session_expired: "You are signed out. Open Abide to sign in.",
  consent_required: "This page needs your permission. Answer Abide's question, then try again.",
  access_denied: "You have not allowed this page. You can change that in Abide.",
  agent_not_running: "Abide is not running. Start it from the menu.",
};

async function show(answer) {
  const { orders, for: name } = await answer.json();
  $("answer").textContent = answer.ok ? `${orders} orders for ${name}.` : "The server refused. Try again.";
}

function explain(error) {
  $("answer").textContent = WORDS[error.code] ?? error.message;
  if (error.code === "loopback_denied" && window.top !== window) $("load").onclick = () => abide.openTopLevel();
}

function paint() {
  if (!session) return;
  const signedIn = session.state === "active" || session.state === "expiring";
  const left = signedIn && session.endsAt !== null ? ` ${clock(secondsUntil(session.endsAt))} left.` : "";
  $("session").textContent = signedIn ? `Signed in.${left}` : "Signed out.";
  $("logout").hidden = !signedIn;
  $("load").disabled = !signedIn;
  const hint = "Sign in with Abide to see your orders.";
  if (!signedIn) $("answer").textContent = hint;
  else if ($("answer").textContent === hint) $("answer").textContent = "";
}

setInterval(paint, 250);
