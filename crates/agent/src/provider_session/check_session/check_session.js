// The page that watches the provider's session: it asks the provider's iframe and passes on its answers. It decides nothing.
// Each request needs a secret that is valid once; the answer contains the next one.
"use strict";
(() => {
  const KEEP = "abide-monitor";
  const line = document.getElementById("state");
  const who = document.getElementById("who");
  const heading = document.querySelector("h1");
  const asking = document.getElementById("op");
  const silent = document.getElementById("silent");
  let secret = "";
  let watched = null;
  let timer = 0;
  let patience = 0;
  let over = false;
  let slow = false;

  const show = (text) => {
    if (line.textContent !== text) line.textContent = text;
  };

  const keep = (next) => {
    secret = next;
    // Only for a reload of this tab.
    sessionStorage.setItem(KEEP, next);
  };

  async function call(path, body) {
    const answer = await fetch("/monitor/" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    // Another program that has the port now answers differently: then this tab no longer reaches Abide.
    const said = await answer.json().catch(() => {
      throw new TypeError();
    });
    if (!answer.ok) throw Object.assign(new Error(said.line), { title: said.title });
    keep(said.secret);
    return said;
  }

  function stop(text, title) {
    over = true;
    if (title) {
      heading.textContent = title;
      who.textContent = "";
      document.title = title + " \u00b7 Abide";
    }
    clearTimeout(timer);
    clearTimeout(patience);
    sessionStorage.removeItem(KEEP);
    asking.removeAttribute("src");
    silent.removeAttribute("src");
    document.body.classList.add("over");
    show(text);
  }

  function fail(problem) {
    const gone = problem instanceof TypeError;
    stop(gone ? line.dataset.unreachable : problem.message, problem.title);
  }

  async function follow(said) {
    show(said.line);
    if (said.next === "poll") {
      watched.session_state = said.session_state;
      watched.poll = said.poll;
      slow = said.slow;
      // A frame that failed to load has to be loaded again.
      timer = setTimeout(slow ? load : ask, watched.poll);
    } else if (said.next === "silent") {
      silent.src = said.silent;
      const answered = await call("silent", { secret });
      silent.removeAttribute("src");
      await follow(answered);
    } else {
      stop(said.line, said.title);
    }
  }

  async function tell(told) {
    if (over) return;
    asking.onload = null;
    clearTimeout(patience);
    patience = 0;
    try {
      await follow(await call("tell", { secret, told }));
    } catch (problem) {
      fail(problem);
    }
  }

  function load() {
    clearTimeout(patience);
    patience = setTimeout(() => tell("error"), 15000);
    asking.onload = ask;
    asking.src = watched.iframe;
  }

  function ask() {
    asking.onload = null;
    clearTimeout(patience);
    patience = setTimeout(() => tell("error"), 15000);
    asking.contentWindow.postMessage(watched.client_id + " " + watched.session_state, watched.origin);
  }

  addEventListener("message", (event) => {
    if (!watched || event.source !== asking.contentWindow || event.origin !== watched.origin) return;
    // Anything else is not an answer (Session Management 1.0, section 3.1).
    if (!["unchanged", "changed", "error"].includes(event.data) || !patience) return;
    clearTimeout(patience);
    patience = 0;
    tell(event.data);
  });

  addEventListener("beforeunload", (event) => {
    if (watched && !over && !slow) event.preventDefault();
  });

  addEventListener("pagehide", () => {
    if (watched && !over && !slow) {
      navigator.sendBeacon("/monitor/close", new Blob([JSON.stringify({ secret })], { type: "application/json" }));
    }
  });

  async function begin() {
    const ticket = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    secret = ticket || sessionStorage.getItem(KEEP) || "";
    try {
      watched = await call("open", { secret });
      who.textContent = watched.who;
      show(watched.line);
      load();
    } catch (problem) {
      fail(problem);
    }
  }

  begin();
})();
