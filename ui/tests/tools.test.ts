import { expect, test } from "vitest";
import wire from "../../crates/wire/src/consent.rs?raw";
import * as tools from "../src/lib/tools";
import type { Span } from "../src/lib/wire";
import { active, consent, keptGrant, liveGrant, open, settle, snapshot, status } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12) / 1000;
const at = (over: Parameters<typeof consent>[0] = {}) => consent({ asked_at: noon - 12, ...over });

test("a question says who wants what, and a scope is worded as in the terminal", () => {
  for (const scope of ["openid", "profile", "email", "phone", "address", "offline_access", "groups"]) expect(wire).toContain(`"${tools.scopeShown(scope)}"`);
  expect(tools.request(at())).toBe("terraform wants to use https://api.example.com in your name.");
  expect(tools.request(at({ targets: [] }))).toBe("terraform wants to use your access to id.example.com.");
  expect(tools.who(at({ kind: "interpreter", script: "/home/alice/fetch.py" }))).toBe("terraform with fetch.py");
});

test("what a program says of itself is marked and cut, and no name of a scope is a trap", () => {
  const facts = Object.fromEntries(tools.known(at({ reason: `a\nb${"x".repeat(500)}`, scopes: ["email", "toString"] }), []));
  expect(facts["It says why"]).toHaveLength(121);
  expect(facts["It says why"]).not.toContain("\n");
  expect(facts["It may then"]).toBe("see your email address, toString");
  expect(facts["Says it runs"]).toBe("terraform plan -out plan.bin");
  expect(tools.known(at({ kind: "terminal" }), []).map(([label]) => label)).not.toContain("Says it runs");
});

test("the first choice is the narrowest that spares the next question, and always one that is offered", () => {
  const spans: Span[] = ["once", "run", "terminal"];
  expect(tools.firstChoice(at({ spans }))).toBe("once");
  expect(tools.firstChoice(at({ spans, kind: "terminal" }))).toBe("terminal");
  expect(tools.firstChoice(at({ spans, kind: "interpreter" }))).toBe("run");
  expect(tools.firstChoice(at({ spans: ["session"], kind: "terminal" }))).toBe("session");
});

test("a question is answered in the window, but not by a click that was meant for something else", async () => {
  const asked = at({ id: 7, kind: "interpreter" });
  const window = await open(snapshot([active()], { consents: [asked] }));
  expect(window.labels()).toContain("Tools1, 1 question");
  await window.click(window.target.querySelector<HTMLElement>("[data-tab=tools]")!);
  expect(window.text()).toContain("1 app waits for your answer");
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).not.toHaveBeenCalled();
  await window.pass(1);
  await window.click(window.field("ask-7-session"));
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).toHaveBeenCalledExactlyOnceWith(7, { allow: true, span: "session" });
  await window.show(snapshot([active()], { consents: [] }));
  expect(window.text()).not.toContain("waits for your answer");
});

test("less than what was asked for can be allowed, for a shorter time, and never nothing", async () => {
  const asked = at({ id: 7, targets: ["https://api.example.com", "https://files.example.com"], scopes: ["email", "projects.read"] });
  const window = await open(snapshot([active()], { consents: [asked] }));
  await window.navigate("tools");
  await window.pass(1);
  await window.click(window.field("ask-7-always"));
  const end = window.target.querySelector<HTMLSelectElement>("#ask-7-end")!;
  end.value = "8h";
  end.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  await window.click(window.field("ask-7-target-1"));
  await window.click(window.field("ask-7-scope-0"));
  await window.click(window.field("ask-7-scope-1"));
  expect(window.text()).toContain("Choose one at least, or deny.");
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).not.toHaveBeenCalled();
  await window.click(window.field("ask-7-scope-1"));
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).toHaveBeenCalledExactlyOnceWith(7, {
    allow: true, span: "always", until: "8h", targets: ["https://api.example.com"], scopes: ["projects.read"],
  });
});

test("an answer that is left as it was says no more than who and how long", () => {
  const asked = at({ scopes: ["email", "projects.read"] });
  expect(tools.answer(asked, true, "always", "revoked", asked.targets, asked.scopes)).toEqual({ allow: true, span: "always" });
  expect(tools.answer(asked, true, "once", "8h", asked.targets, asked.scopes)).toEqual({ allow: true, span: "once" });
  expect(tools.answer(asked, false, "always", "8h", asked.targets, ["email"])).toEqual({ allow: false, span: "always", until: "8h" });
});

test("the second click of a double click does not answer the next question", async () => {
  const window = await open(snapshot([active()], { consents: [at({ id: 7 }), at({ id: 8 })] }));
  await window.navigate("tools");
  await window.pass(1);
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).toHaveBeenCalledOnce();
  // The next card moves under the pointer.
  await window.show(snapshot([active()], { consents: [at({ id: 8 })] }));
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).toHaveBeenCalledOnce();
  await window.pass(1);
  await window.click(window.button("Allow"));
  expect(window.host.answerConsent).toHaveBeenCalledTimes(2);
});

test("an answer that comes too late says so", async () => {
  const gone = async () => {
    throw { code: "not_found", message: "x" };
  };
  const window = await open(snapshot([active()], { consents: [at()] }), { answerConsent: gone });
  await window.navigate("tools");
  await window.pass(1);
  await window.click(window.button("Deny"));
  expect(window.target.querySelector("article .problem")?.textContent).toBe("The app no longer waits for an answer.");
});

test("what holds now can be stopped", async () => {
  const grant = liveGrant({ last_used: noon - 35, since: noon - 300 });
  const window = await open(snapshot([active()], { grants: [grant] }));
  await window.navigate("tools");
  expect(window.text()).toContain("41 tokens for api.example.com, last used 35 s ago.");
  await window.click(window.button("Stop"));
  expect(window.host.stopGrant).toHaveBeenCalledExactlyOnceWith(11);
});

test("a label is marked as what an app says it is, and an end that comes first is shown", () => {
  const all = { labels: [{ kind: "package" as const, name: "curl" }, { kind: "coding_agent" as const, name: "Claude Code" }] };
  const said = "Says it is: package curl, started by Claude Code.";
  expect(tools.known(at(all), [])).toContainEqual(["Says it is", "package curl, started by Claude Code"]);
  expect(tools.kept(keptGrant(all), [], noon).what).toContain(said);
  const live = tools.live(liveGrant({ ...all, until: noon + 1800 }), snapshot([active({ at_most_until: noon + 7200 })]), noon);
  expect(live.what).toContain(said);
  expect(live.until).toContain("30 min at most");
});

test("a revocation can be undone, and the focus follows", async () => {
  let kept = [keptGrant({ since: noon - 60 })];
  const window = await open(snapshot([active()]), { keptGrants: async () => ({ kept, policy: [] }) });
  await window.navigate("tools");
  kept = [];
  await window.click(window.button("Revoke"));
  await settle();
  expect(window.host.revokeGrant).toHaveBeenCalledExactlyOnceWith("terraform");
  expect(document.activeElement?.textContent).toBe("Undo");
  await window.click(window.button("Undo"));
  expect(window.host.restoreGrant).toHaveBeenCalledExactlyOnceWith("terraform");
  expect(window.labels()).not.toContain("Undo");
});

test("what cannot be revoked says why, and the undo goes before the program refuses it", async () => {
  const refused = async () => {
    throw { code: "temporarily_unavailable", message: "The grants could not be saved, so nothing has changed." };
  };
  const grants = async () => ({ kept: [keptGrant()], policy: [] });
  const failing = await open(snapshot([active()]), { revokeGrant: refused, keptGrants: grants });
  await failing.navigate("tools");
  await failing.click(failing.button("Revoke"));
  expect(failing.target.querySelector(".note")?.textContent).toContain("could not be saved");
  expect(failing.labels()).not.toContain("Undo");
  const window = await open(snapshot([active()]), { keptGrants: grants });
  await window.navigate("tools");
  await window.click(window.button("Revoke"));
  expect(window.labels()).toContain("Undo");
  await window.pass(115);
  expect(window.labels()).not.toContain("Undo");
});

test("an account is called by its title, and by its name too where the user decides", async () => {
  const titled = active({ label: "Example & Sons" });
  const lists = { consents: [at()], grants: [liveGrant({ last_used: null, tokens: 0 })] };
  const kept = [keptGrant({ account: "work" }), keptGrant({ name: "git", account: "gone" })];
  const window = await open(snapshot([titled, status({ account: "lab" })], lists), { keptGrants: async () => ({ kept, policy: [] }) });
  await window.navigate("tools");
  const said = window.text();
  expect(said).toContain("Account Example & Sons · work");
  expect(said).toContain("No tokens yet for api.example.com (Example & Sons).");
  expect(said).toContain("the account Example & Sons.");
  expect(said).toContain("the account gone.");
  expect(tools.known(at(), [active()])[0]).toEqual(["Account", "work"]);
});

test("the page is read anew with each snapshot", async () => {
  const window = await open(snapshot([active()]));
  await window.navigate("tools");
  await window.show(snapshot([active()]));
  expect(window.host.keptGrants).toHaveBeenCalledTimes(2);
});

test("a new question is announced once, and its age is kept up to date", async () => {
  const window = await open(snapshot([status()]));
  const asked = snapshot([status()], { consents: [at()] });
  await window.show(asked);
  expect(window.said()).toBe("terraform wants to use https://api.example.com in your name. Answer on the page Tools.");
  await window.navigate("tools");
  expect(window.text()).toContain("Asked 12 s ago.");
  await window.pass(1.1);
  expect(window.text()).toContain("Asked 13 s ago.");
});
