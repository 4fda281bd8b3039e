import { expect, test, vi } from "vitest";
import type { DiscoveredProvider, ProviderEnd, Snapshot } from "../src/lib/wire";
import { text } from "../src/lib/locale.svelte";
import { afterEnd, endedBy } from "../src/lib/text";
import { active, discovered, layer, open, question, settle, snapshot, status } from "./mount";

const found: DiscoveredProvider = discovered({ revocation: false });
/** What is said about the provider's side after an end. */
const there = (end: ProviderEnd) => text(`provider-end-${end}`, { provider: "id.example.com" });
const reject = (message: string) => async () => {
  throw { code: "x", message };
};

test("each state offers what can be done in it", async () => {
  const window = await open(snapshot([status()]));
  expect(window.labels()).toEqual(["Accounts", "Tools", "Activity", "Settings", "Help", "Sign in", "Add an account"]);
  expect(window.text()).toContain("You are not signed in.");

  await window.show(snapshot([status({ state: "authorizing" })]));
  expect(window.labels()).toContain("Cancel sign-in");
  expect(window.labels()).not.toContain("Sign in");

  await window.show(snapshot([active()]));
  expect(window.text()).toContain("Signed in as alice@example.com 12 min left if nothing uses it; at most until 21:04.");
  expect(window.labels()).toEqual(expect.arrayContaining(["Keep session", "Sign out"]));

  await window.show(snapshot([status({ state: "ended", ended: "provider_logout", ended_at: Date.UTC(2026, 0, 2, 11, 50) / 1000 })]));
  expect(window.text()).toContain("Signed out 10 min ago: the provider ended its session.");
  expect(window.labels()).toContain("Sign in");
});

test("what would tell of an end at the provider is listed, and a tab that is closed can be opened", async () => {
  const at = (state: "works" | "blocked" | "closed") =>
    snapshot([
      active({
        layers: [layer({ layer: "provider", name: "id.example.com" })],
        signals: [
          { signal: "iframe", state, heard_at: Date.UTC(2026, 0, 2, 11, 59, 40) / 1000 },
          { signal: "refresh", state: "works", heard_at: null },
        ],
      }),
    ]);
  const window = await open(at("works"));
  const open_ = "Open the tab again";
  const rows = () => [...window.target.querySelectorAll(".timeline dl div")].map((row) => row.textContent!.replace(/\s+/g, " ").trim());
  expect(rows()).toEqual(["Browser tab works, last signal 20 s ago", "Renewals works"]);
  expect(window.labels()).not.toContain(open_);

  await window.show(at("blocked"));
  expect(rows()[0]).toMatch(/^Browser tab blocked/);
  expect(window.labels()).not.toContain(open_);

  await window.show(at("closed"));
  await window.click(window.button(open_));
  expect(window.host.openMonitor).toHaveBeenCalledExactlyOnceWith("work");
  await window.show(at("works"));
  expect(document.activeElement?.textContent).toBe("The sessions behind it");
});

test("a tab that cannot be opened says why", async () => {
  const closed = active({
    layers: [layer({ layer: "provider", name: "id.example.com" })],
    signals: [{ signal: "iframe", state: "closed", heard_at: null }],
  });
  const window = await open(snapshot([closed]), { openMonitor: reject("No browser could be opened.") });
  await window.click(window.button("Open the tab again"));
  expect(window.target.querySelector(".problem")?.textContent).toBe("No browser could be opened.");
});

test("an end says who ended it, how that became known, and what the provider does", async () => {
  const at = { state: "ended", ended_at: Date.UTC(2026, 0, 2, 11, 50) / 1000 } as const;
  const window = await open(snapshot([status({ ...at, ended: "provider_logout", ended_by: "backchannel", provider_end: "ended" })]));
  expect(window.text()).toContain(`Signed out 10 min ago: ${endedBy("provider_logout", "backchannel")}.`);
  expect(window.text()).not.toContain("too.");

  await window.show(snapshot([status({ ...at, ended: "user_logout", provider_end: "pending" })]));
  expect(window.text()).toContain(there("pending"));
  await window.show(snapshot([status({ ...at, ended: "user_logout", provider_end: "ended" })]));
  expect(window.text()).toContain(there("ended"));
  expect(window.said()).toBe(`work: ${there("ended")}`);
  expect(window.target.querySelector(".warn")).toBeNull();

  await window.show(snapshot([status({ ...at, ended: "user_logout", provider_end: "goes_on" })]));
  expect(window.target.querySelector(".warn")?.textContent).toContain(there("goes_on"));
});

test("every button does what it says, to its own account", async () => {
  const window = await open(snapshot([active(), status({ account: "lab" })]));
  await window.click(window.button("Keep session"));
  await window.click(window.button("Sign out"));
  await window.click(window.button("Sign in"));
  expect(window.host.keep).toHaveBeenCalledExactlyOnceWith("work");
  expect(window.host.signOut).toHaveBeenCalledExactlyOnceWith("work");
  expect(window.host.signIn).toHaveBeenCalledExactlyOnceWith("lab");
});

test("time runs on between snapshots, stops at 0 and follows the next snapshot", async () => {
  const window = await open(snapshot([active({ expires_in: 125 })]));
  expect(window.text()).toContain("3 min left");
  await window.pass(6.01);
  expect(window.text()).toContain("1 min 59 s left");
  await window.pass(90);
  expect(window.text()).toContain("29 s left");
  await window.pass(500);
  expect(window.text()).toContain("0 s left");
  await window.show(snapshot([active({ expires_in: 900 })]));
  expect(window.text()).toContain("15 min left");
});

test("what the provider says about the user is asked for when somebody looks", async () => {
  const window = await open(snapshot([active()]));
  expect(window.host.claims).not.toHaveBeenCalled();
  const summary = [...window.target.querySelectorAll("summary")].find((s) => s.textContent?.includes("says about you"));
  const details = summary!.closest("details")!;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  await settle();
  expect(window.host.claims).toHaveBeenCalledExactlyOnceWith("work");
  const said = [...details.querySelectorAll("dl div")].map((line) => [...line.children].map((cell) => cell.textContent));
  expect(said).toEqual([
    ["email", "alice@example.com"],
    ["email_verified", "yes"],
    ["groups", "staffdev"],
    ["odd", "a,b"],
  ]);
  expect(details.textContent).toContain("Read 2 min ago.");
});

test("the question is answered in the window, counts down and is announced once", async () => {
  const at = (seconds_left: number, id = 7) =>
    snapshot([active({ state: "expiring", expires_in: seconds_left })], { questions: [question({ id, seconds_left })] });
  const window = await open(at(58));
  expect(window.text()).toContain("Your session with id.example.com will expire in 58 seconds. Do you want to keep your session?");
  const asked = window.asked();
  expect(asked).toContain("58 seconds");
  await window.pass(1.01);
  expect(window.text()).toContain("expire in 57 seconds");
  await window.show(at(50));
  expect(window.text()).toContain("expire in 50 seconds");
  expect(window.asked()).toBe(asked);

  await window.click(window.button("Yes, keep it"));
  expect(window.host.answer).toHaveBeenCalledExactlyOnceWith(7, true);

  await window.show(snapshot([active()]));
  expect(window.text()).not.toContain("Do you want to keep");
  expect(window.asked()).toBe("");
  expect(window.said()).toBe("work: your session was extended.");

  await window.show(at(40, 8));
  expect(window.asked()).toContain("40 seconds");
  await window.click(window.button("No, sign out"));
  expect(window.host.answer).toHaveBeenLastCalledWith(8, false);
  // The answer belongs to the question: a session that was kept meanwhile is not signed out by it.
  expect(window.host.signOut).not.toHaveBeenCalled();
});

test("several questions are one list, each with its own answer, and one for all that can be kept", async () => {
  const questions = [
    question(),
    question({ id: 8, account: "lab", provider: "login.example.org", seconds_left: 90 }),
    question({ id: 9, account: "vpn", provider: "vpn.example.org", seconds_left: 120, limit: "absolute", can_be_kept: false }),
  ];
  const expiring = (account: string) => active({ account, state: "expiring" });
  const window = await open(snapshot([expiring("work"), expiring("lab"), expiring("vpn")], { questions }));
  expect(window.text()).toContain("Your sessions will expire soon");
  expect(window.text()).toContain("Your session with login.example.org (lab) will expire in 1 min 30 s. Do you want");
  expect(window.asked()).toContain("vpn.example.org will expire in 2 min. It cannot be extended.");
  // Every button says whose it is.
  const names = [...window.target.querySelectorAll("section button")].map((b) => b.getAttribute("aria-label") ?? b.textContent?.trim());
  expect(names).toEqual([
    "Yes, keep it: work", "No, sign out: work", "Yes, keep it: lab", "No, sign out: lab", "OK: vpn", "Yes, keep all that can be kept",
  ]);
  await window.click(window.target.querySelector<HTMLElement>('[aria-label="No, sign out: lab"]')!);
  expect(window.host.answer).toHaveBeenCalledExactlyOnceWith(8, false);
  await window.click(window.button("Yes, keep all that can be kept"));
  expect(window.host.answer).toHaveBeenNthCalledWith(2, 7, true);
  expect(window.host.answer).toHaveBeenNthCalledWith(3, 8, true);
  expect(window.host.answer).toHaveBeenCalledTimes(3);

  // One more is told, and not the others again.
  await window.show(snapshot([expiring("work")], { questions: [questions[0]!, question({ id: 10, account: "new", provider: "new.example" })] }));
  expect(window.asked()).toBe("Your session with new.example will expire in 58 seconds. Do you want to keep your session?");
});

test("a question that no answer can help has one button and says why", async () => {
  const last = question({ limit: "absolute", can_be_kept: false });
  const window = await open(snapshot([active({ state: "expiring", limit: "absolute" })], { questions: [last] }));
  expect(window.text()).toContain("will expire in 58 seconds. OK");
  expect(window.text()).toContain(text("cannot-be-kept-absolute"));
  expect(window.labels()).not.toContain("Yes, keep it");
  await window.click(window.button("OK"));
  expect(window.host.answer).toHaveBeenCalledExactlyOnceWith(7, true);
});

test("a frozen session says what that means, and a screen reader hears of it", async () => {
  const window = await open(snapshot([active()]));
  await window.show(snapshot([active({ frozen: true })]));
  expect(window.text()).toContain("Frozen: the screen is locked.");
  expect(window.target.querySelector("article svg.frozen .bar")).not.toBeNull();
  // It waits for its user to unlock the screen.
  expect(window.labels()).not.toContain("Keep session");
  expect(window.said()).toBe("work: frozen while the screen is locked.");
  await window.show(snapshot([active()]));
  expect(window.said()).toBe("work: no longer frozen.");
});

test("a session that nothing can keep offers no button for it", async () => {
  const window = await open(snapshot([active({ limit: "provider", renewable: true, can_be_kept: false })]));
  expect(window.labels()).not.toContain("Keep session");
  await window.show(snapshot([active({ limit: "provider", renewable: false, can_be_kept: true })]));
  expect(window.labels()).toContain("Keep session");
});

test("the sessions behind an account are told in words, and what is not known is not made up", async () => {
  const at = (hours: number) => Date.UTC(2026, 0, 2, hours) / 1000;
  const layers = [
    layer({ since: at(11), ends_at: at(12) + 702 }),
    layer({ layer: "provider", name: "id.example.com", since: at(10), evidence: "refresh", checked_at: at(12) - 20 }),
    layer({ layer: "identity_provider", name: "Example Bank", state: "unknown", since: at(10), evidence: "id_token", methods: ["pwd", "otp", "mfa", "2"] }),
  ];
  const window = await open(snapshot([active({ layers })]));
  expect([...window.target.querySelectorAll(".timeline li")].map((li) => li.textContent?.replace(/\s+/g, " ").trim())).toEqual([
    "Your session in Abide Since 11:00. Ends at 12:11 if nothing uses it, at 21:04 at the latest. Measured by Abide.",
    "Your session at id.example.com Since 10:00. End time unknown. Learned at the renewal 20 s ago.",
    "Your sign-in at Example Bank With password and one-time code (level 2) at 10:00. End time unknown.",
  ]);
  expect(window.target.querySelector(".timeline .picture")?.getAttribute("aria-hidden")).toBe("true");
  // After the end there is nothing to draw; what is known of the provider is still said.
  const after = [layer({ state: "ended", ends_at: at(12) }), layer({ layer: "provider", name: "id.example.com", state: "unknown", evidence: "nothing" })];
  await window.show(snapshot([status({ state: "ended", ended: "idle_timeout", layers: after })]));
  expect(window.text()).toContain("Your session at id.example.com Status unknown.");
  expect(window.target.querySelector(".timeline .picture")).toBeNull();
});

test("a change of state is told to screen readers, a mere tick is not", async () => {
  const window = await open(snapshot([status()]));
  expect(window.said()).toBe("");
  await window.show(snapshot([active()]));
  expect(window.said()).toBe("work: signed in as alice@example.com.");
  await window.show(snapshot([active({ expires_in: 642 })]));
  expect(window.said()).toBe("work: signed in as alice@example.com.");
  await window.show(snapshot([status({ state: "ended", ended: "declined" })]));
  expect(window.said()).toBe("work: signed out: you answered No to “keep session?”.");
});

test("the focus stays in place when the button under it changes, and a double click does not cancel", async () => {
  const window = await open(snapshot([status()]));
  await window.click(window.button("Sign in"));
  await window.show(snapshot([status({ state: "authorizing" })]));
  const cancel = window.button("Cancel sign-in");
  expect(document.activeElement).toBe(cancel);
  await window.click(cancel);
  expect(window.host.cancelSignIn).not.toHaveBeenCalled();
  await window.pass(1);
  await window.click(cancel);
  expect(window.host.cancelSignIn).toHaveBeenCalledExactlyOnceWith("work");
});

test("a command that fails says why, where it was given", async () => {
  const window = await open(snapshot([status()]), { signIn: reject("The browser could not be opened.") });
  await window.click(window.button("Sign in"));
  expect(window.target.querySelector("article [role=alert]")?.textContent).toBe("The browser could not be opened.");
});

test("trouble and warnings are shown as they come, as text", async () => {
  const window = await open(snapshot([status({ last_error: "<b>no</b> answer" })], { warnings: ["There is no keyring."] }));
  expect(window.text()).toContain("<b>no</b> answer");
  expect(window.text()).toContain("There is no keyring.");
});

/** Opens what can be changed about an account, and returns its card. */
async function manage(window: Awaited<ReturnType<typeof open>>, account: string) {
  const card = window.target.querySelector<HTMLElement>(`[data-account="${account}"]`)!;
  const details = card.querySelector<HTMLDetailsElement>("[data-manage]")!;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  await settle();
  return card;
}

test("an account is removed at once for the eye, and that can be undone", async () => {
  const window = await open(snapshot([status(), status({ account: "lab" })]));
  const card = await manage(window, "work");
  await window.click(card.querySelector<HTMLButtonElement>("[data-remove]")!);
  expect(window.host.removeAccount).toHaveBeenCalledExactlyOnceWith("work");
  await window.show(snapshot([status({ removing: true }), status({ account: "lab" })]));
  expect(window.said()).toBe("work is removed in a few seconds. You can undo that.");
  const undo = card.querySelector<HTMLButtonElement>("[data-undo]")!;
  expect(document.activeElement).toBe(undo);
  expect([...card.querySelectorAll("button")]).toEqual([undo]);
  await window.click(undo);
  expect(window.host.undoRemoval).toHaveBeenCalledExactlyOnceWith("work");
  await window.show(snapshot([status(), status({ account: "lab" })]));
  expect(window.said()).toBe("work stays.");
  expect(document.activeElement).toBe(card.querySelector("h2"));

  await window.show(snapshot([status({ removing: true }), status({ account: "lab" })]));
  card.querySelector<HTMLButtonElement>("[data-undo]")!.focus();
  await window.show(snapshot([status({ account: "lab" })]));
  expect(document.activeElement).toBe(window.target.querySelector("h1"));
});

test("an account that the administrator has set up says why it stays", async () => {
  const window = await open(snapshot([status(), status({ account: "lab" })]), { removeAccount: reject("Set in /etc/abide/policy.toml.") });
  const card = await manage(window, "work");
  await window.click(card.querySelector<HTMLButtonElement>("[data-remove]")!);
  expect(card.querySelector("[role=alert]")?.textContent).toBe("Set in /etc/abide/policy.toml.");
});

test("an account gets a title, which is shown instead of its name, and commands keep the name", async () => {
  const window = await open(snapshot([active()]));
  const card = await manage(window, "work");
  expect(window.field("title-work").value).toBe("");
  await window.type("title-work", " Example & Sons ");
  await window.enter("title-work");
  expect(window.host.renameAccount).toHaveBeenCalledExactlyOnceWith("work", "Example & Sons");
  expect(document.activeElement).toBe(card.querySelector("[data-manage] summary"));
  await window.show(snapshot([active({ label: "Example & Sons" })]));
  expect(card.querySelector("h2")?.textContent).toBe("Example & Sons");
  expect(card.querySelector(".host")?.textContent).toBe("work · id.example.com");
  expect(card.querySelector(".line code")?.textContent).toBe("abide curl --account work https://api.example.com/");
  await manage(window, "work");
  expect(window.field("title-work").value).toBe("Example & Sons");
  await window.type("title-work", "");
  await window.enter("title-work");
  expect(window.host.renameAccount).toHaveBeenLastCalledWith("work", null);
});

test("accounts are put in another order by keyboard, and the focus stays on the button", async () => {
  const [work, lab, vpn] = ["work", "lab", "vpn"].map((account) => status({ account }));
  const window = await open(snapshot([work!, lab!, vpn!]));
  const card = await manage(window, "lab");
  const button = (name: string) => card.querySelector<HTMLButtonElement>(`[data-move=${name}]`)!;
  await window.click(button("up"));
  expect(window.host.orderAccounts).toHaveBeenCalledExactlyOnceWith(["lab", "work", "vpn"]);
  expect(window.said()).toBe("lab is now number 1 of 3.");
  await window.show(snapshot([lab!, work!, vpn!]));
  expect(document.activeElement).toBe(button("up"));
  expect(button("up").getAttribute("aria-disabled")).toBe("true");
  await window.click(button("up"));
  expect(window.host.orderAccounts).toHaveBeenCalledTimes(1);
  await window.click(button("down"));
  expect(window.host.orderAccounts).toHaveBeenLastCalledWith(["work", "lab", "vpn"]);
  await window.show(snapshot([work!, lab!, vpn!]));
  expect(document.activeElement).toBe(button("down"));
  // It does not take the focus when another account is moved.
  const elsewhere = window.button("Add an account");
  elsewhere.focus();
  await window.show(snapshot([vpn!, work!, lab!]));
  expect(document.activeElement).toBe(elsewhere);
});

test("an end that nothing extends is announced, and a sign-in or a later reminder is one click away", async () => {
  const later_at = Date.UTC(2026, 0, 2, 14) / 1000;
  const reminder = { id: 1, limit: "absolute", ends_at: Date.UTC(2026, 0, 2, 15) / 1000, later_at } as const;
  const window = await open(snapshot([active({ reminder })]));
  const note = () => window.target.querySelector<HTMLElement>("[data-reminder]");
  expect(note()?.textContent).toContain("reaches its longest time at 15:00");
  await window.click(window.button("Sign in again now"));
  expect(window.host.signIn).toHaveBeenCalledExactlyOnceWith("work");
  await window.click(window.button("Remind me in 10 minutes"));
  expect(window.host.remindLater).toHaveBeenLastCalledWith("work", null);
  await window.click(window.button("Remind me at 14:00"));
  expect(window.host.remindLater).toHaveBeenLastCalledWith("work", later_at);
  await window.show(snapshot([active({ reminder: { ...reminder, later_at: null } })]));
  expect(window.labels()).not.toContain("Remind me at 14:00");
  await window.show(snapshot([active({ reminder: { ...reminder, limit: "provider" } })]));
  expect(note()?.textContent).toContain("id.example.com ends this session at 15:00");
  await window.show(snapshot([active({ reminder, signing_in: true })]));
  expect(note()?.querySelector("button")).toBeNull();
  await window.show(snapshot([active()]));
  expect(note()).toBeNull();
});

const demo = { account: "demo", issuer: "http://127.0.0.1:47610" };

test("the first start shows what Abide is, and three ways to begin", async () => {
  const window = await open(snapshot([status(demo)]));
  expect(window.target.querySelector("h1")?.textContent).toBe("Welcome to Abide");
  expect(window.text()).toMatch(/Sign in as alice with the password demo\./);
  expect(window.labels()).toEqual(["Settings", "Help", "Choose provider", "Enter address", "Try the demo"]);
  await window.click(window.button("Try the demo"));
  expect(window.host.signIn).toHaveBeenCalledExactlyOnceWith("demo");
  await window.show(snapshot([status({ ...demo, state: "authorizing" })]));
  await window.click(window.button("Cancel sign-in"));
  expect(window.host.cancelSignIn).toHaveBeenCalledExactlyOnceWith("demo");
  await window.show(snapshot([active(demo)]));
  expect(window.text()).toContain("Do you have your own provider?");
});

test("without an account the window offers to add one", async () => {
  const window = await open(snapshot([]));
  await window.click(window.button("Enter address"));
  expect(document.activeElement).toBe(window.field("issuer"));
});

test("a known provider needs only its own values", async () => {
  const discover = vi.fn(async () => discovered({ preset: "keycloak" }));
  const window = await open(snapshot([]), { discover });
  await window.click(window.button("Choose provider"));
  await window.click(window.preset("keycloak"));
  expect(document.activeElement).toBe(window.field("blank-0"));
  await window.type("blank-0", "sso.example.com");
  await window.enter("blank-0");
  expect(discover).not.toHaveBeenCalled();
  expect(window.target.querySelector("#value-problem")?.textContent).toContain("Realm");
  expect(document.activeElement).toBe(window.field("blank-1"));
  await window.type("blank-1", "staff");
  expect(window.text()).toContain("https://sso.example.com/realms/staff");
  await window.enter("blank-1");
  expect(discover).toHaveBeenCalledExactlyOnceWith("https://sso.example.com/realms/staff", "keycloak");
});

test("a provider with one address is looked up at once, and Escape goes back to the list", async () => {
  const discover = vi.fn(async () => discovered({ preset: "google" }));
  const window = await open(snapshot([]), { discover });
  await window.click(window.button("Choose provider"));
  await window.click(window.preset("google"));
  expect(discover).toHaveBeenCalledExactlyOnceWith("https://accounts.google.com", "google");
  expect(window.text()).toContain("Found id.example.net");
  await window.escape();
  expect(document.activeElement).toBe(window.preset("google"));
});

test("Abide registers itself where it can, and asks for a token only where one is wanted", async () => {
  const refused = vi.fn(async () => {
    throw { code: "initial_token_needed", message: "Ask its administrator for an initial access token." };
  });
  const window = await open(snapshot([]), { discover: async () => discovered({ registration: true }), addAccount: refused });
  await window.click(window.button("Enter address"));
  await window.type("issuer", "https://id.example.net");
  await window.enter("issuer");
  expect(window.field("client")).toBeNull();
  await window.enter("name");
  expect(refused).toHaveBeenLastCalledWith(expect.objectContaining({ register: true, client_id: null, initial_token_file: null }));
  expect(document.activeElement).toBe(window.field("token"));
  expect(window.target.querySelector("#token-problem")?.textContent).toContain("initial access token");
  await window.type("token", "/home/alice/token");
  await window.enter("token");
  expect(refused).toHaveBeenLastCalledWith(expect.objectContaining({ initial_token_file: "/home/alice/token" }));
});

test("what is to be registered is shown, ready to copy", async () => {
  const uris = ["http://127.0.0.1:47621/callback", "http://127.0.0.1:47622/callback"];
  const window = await open(snapshot([]), { discover: async () => discovered({ redirect_uris: uris }) });
  await window.click(window.button("Enter address"));
  await window.type("issuer", "https://id.example.net");
  await window.enter("issuer");
  const lines = [...window.target.querySelectorAll(".register code")].map((line) => line.textContent);
  expect(lines).toEqual([...uris, ...[47624, 47625, 47626].map((port) => `http://127.0.0.1:${port}/logout`)]);
});

test("the help page shows what is wrong, and its report names no user", async () => {
  const written = vi.fn(async (_: string) => {});
  vi.stubGlobal("navigator", { clipboard: { writeText: written } });
  const window = await open(snapshot([active({ clock_skew: -400 })]));
  await window.click(window.button("Help"));
  expect(window.text()).toContain("1 problem found");
  await window.click(window.button("Copy the report"));
  const report = written.mock.calls[0]![0];
  expect(report).toContain("fail  Clock");
  expect(report).toContain("account work at https://id.example.com: active");
  expect(report).not.toContain("alice");
  vi.unstubAllGlobals();
  await window.escape();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Help");
});

test("a session that ended says what to do", async () => {
  const window = await open(snapshot([status({ state: "ended", ended: "idle_timeout" })]));
  expect(window.text()).toContain(afterEnd("idle_timeout"));
});

test("a signed-in account shows how to use it, with its own name", async () => {
  const window = await open(snapshot([active({ account: "my lab" })]));
  const commands = [...window.target.querySelectorAll(".line code")].map((c) => c.textContent);
  expect(commands).toEqual([
    "abide curl --account 'my lab' https://api.example.com/",
    "abide run --account 'my lab' -- CMD",
  ]);
});

test("what is copied is the line; without a clipboard it is selected instead", async () => {
  const written = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText: written } });
  const window = await open(snapshot([active()]));
  await window.click(window.button("Copy"));
  expect(written).toHaveBeenCalledExactlyOnceWith("abide curl --account work https://api.example.com/");
  expect(window.labels()).toContain("Copied");

  vi.stubGlobal("navigator", {});
  await window.click(window.button("Copy"));
  expect(getSelection()?.toString()).toBe("abide run --account work -- CMD");
  expect(window.text()).toContain("The text is selected");
  vi.unstubAllGlobals();
});

test("an account is added by its issuer, by keyboard alone", async () => {
  const discover = vi.fn(async () => found);
  const window = await open(snapshot([status()]), { discover });
  await window.click(window.button("Add an account"));
  await window.type("issuer", "id.example.net");
  await window.enter("issuer");
  expect(discover).toHaveBeenCalledExactlyOnceWith("https://id.example.net", null);
  expect(window.text()).toContain("Found id.example.net");
  expect(window.text()).toContain("Tokens stay valid until they expire.");
  expect(window.text()).toContain("http://127.0.0.1/callback");
  expect(window.field("name").value).toBe("example");
  expect(document.activeElement).toBe(window.field("client"));

  await window.type("client", " abide ");
  await window.enter("client");
  // The issuer is the provider's own, byte for byte, not what was typed.
  expect(window.host.addAccount).toHaveBeenCalledExactlyOnceWith({
    name: "example",
    issuer: "https://id.example.net/",
    client_id: "abide",
    register: false,
    preset: "none",
    client_secret_file: null,
    initial_token_file: null,
  });
  expect(window.host.signIn).toHaveBeenCalledExactlyOnceWith("example");
  expect(window.text()).toContain("Accounts");
  expect(window.said()).toBe("The account example was added.");
});

test("mistakes are said at the field that holds them, and the focus goes there", async () => {
  const window = await open(snapshot([status()]), {
    discover: vi.fn(async () => found),
    addAccount: reject("The configuration cannot be written."),
  });
  await window.click(window.button("Add an account"));
  await window.enter("issuer");
  expect(window.field("issuer").getAttribute("aria-invalid")).toBe("true");
  expect(window.target.querySelector("#issuer-problem")?.textContent).toContain("Enter the address");
  expect(window.host.discover).not.toHaveBeenCalled();

  await window.type("issuer", "https://id.example.net");
  await window.enter("issuer");
  await window.type("name", "work");
  await window.enter("name");
  expect(document.activeElement).toBe(window.field("name"));
  expect(window.target.querySelector("#name-problem")?.textContent).toContain("exists");
  await window.type("name", "other");
  await window.enter("name");
  expect(document.activeElement).toBe(window.field("client"));
  expect(window.target.querySelector("#client-problem")?.textContent).toContain("client ID");
  await window.type("client", "abide");
  await window.enter("client");
  expect(window.text()).toContain("The configuration cannot be written.");
  expect(window.field("client").value).toBe("abide");
});

test("a provider that cannot be found keeps what was typed", async () => {
  const window = await open(snapshot([status()]), { discover: reject("There is no provider at that address.") });
  await window.click(window.button("Add an account"));
  await window.type("issuer", "https://nowhere.example");
  await window.enter("issuer");
  expect(window.target.querySelector("#issuer-problem")?.textContent).toBe("There is no provider at that address.");
  expect(window.field("issuer").value).toBe("https://nowhere.example");
  expect(document.activeElement).toBe(window.field("issuer"));
});

test("Escape goes back one step, and a late look-up does not bring the left one back", async () => {
  let answer: (provider: DiscoveredProvider) => void = () => {};
  const discover = vi.fn(() => new Promise<DiscoveredProvider>((resolve) => (answer = resolve)));
  const window = await open(snapshot([status()]), { discover });
  await window.click(window.button("Add an account"));
  await window.type("issuer", "https://id.example.net");
  await window.enter("issuer");
  expect(window.labels()).toContain("Looking it up…");
  await window.escape();
  expect(window.text()).toContain("You are not signed in.");
  expect(document.activeElement).toBe(window.button("Add an account"));
  answer(found);
  await settle();
  expect(window.text()).not.toContain("Found");

  await window.click(window.button("Add an account"));
  await window.type("issuer", "https://id.example.net");
  await window.enter("issuer");
  answer(found);
  await settle();
  expect(window.text()).toContain("Found");
  await window.escape();
  expect(document.activeElement).toBe(window.field("issuer"));
});

test("an event that came first is not overwritten by the older first answer", async () => {
  let answer: (snapshot: Snapshot) => void = () => {};
  const window = await open(new Promise((resolve) => (answer = resolve)));
  await window.show(snapshot([active()]));
  answer(snapshot([status()]));
  await settle();
  expect(window.text()).toContain("Signed in as alice@example.com");
});

test("a program that does not answer is said plainly", async () => {
  const window = await open(snapshot([]), { watch: () => Promise.reject(new Error("IPC")) });
  expect(window.text()).toContain("Abide did not answer. Close this window and open it again from the tray.");
});

test("the command palette does everything by keyboard, and Escape leaves the page as it is", async () => {
  HTMLDialogElement.prototype.showModal ??= function () { this.open = true; };
  HTMLDialogElement.prototype.close ??= function () { this.open = false; };
  const window = await open(snapshot([active(), status({ account: "lab" })]));
  const press = async (target: EventTarget, key: string, more: KeyboardEventInit = {}) => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    await settle();
  };
  await press(document.body, "k", { ctrlKey: true });
  const dialog = window.target.querySelector("dialog")!;
  const field = dialog.querySelector("input")!;
  const offered = () => [...dialog.querySelectorAll("li")].map((line) => line.textContent);
  expect(dialog.open).toBe(true);
  expect(offered()).toEqual([
    "Keep the session: work", "Sign out: work", "Settings: work", "Move down: work", "Remove: work",
    "Sign in: lab", "Settings: lab", "Move up: lab", "Remove: lab", "Accounts",
    "Tools: apps that may use your accounts", "Activity: what was recorded", "Add an account", "Help",
  ]);
  field.value = "sign";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  expect(offered()).toEqual(["Sign out: work", "Sign in: lab"]);
  await press(field, "ArrowDown");
  await press(field, "Enter");
  expect(window.host.signIn).toHaveBeenCalledExactlyOnceWith("lab");
  expect(dialog.open).toBe(false);
  await press(document.body, "k", { ctrlKey: true });
  field.value = "help";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  await press(field, "Enter");
  expect(window.target.querySelector("h1")?.textContent).toBe("Help");
});

test("what a link asks for is shown, and nothing is looked up or added before the user chooses it", async () => {
  const discover = vi.fn(async () => discovered({ registration: true }));
  const asked = { issuer: "https://id.example.net", host: "id.example.net", client_id: "abide-desktop" };
  const accountLink = vi.fn(async () => asked as typeof asked | null);
  const window = await open(snapshot([active()]), { discover, accountLink });
  await window.navigate("link");
  expect(window.text()).toContain("A link asks you to add an account at id.example.net.");
  expect(window.text()).toContain("Any page and any message can have such a link.");
  expect(window.field("issuer").value).toBe("https://id.example.net");
  expect(window.target.querySelector("[data-preset]")).toBeNull();
  expect(discover).not.toHaveBeenCalled();
  expect(window.host.addAccount).not.toHaveBeenCalled();

  await window.click(window.button("Look up"));
  expect(discover).toHaveBeenCalledWith("https://id.example.net", null);
  expect(window.text()).toContain("A link asks you to add an account at id.example.net.");
  expect(window.field("client").value).toBe("abide-desktop");
  expect(window.host.addAccount).not.toHaveBeenCalled();
  await window.click(window.button("Add and sign in"));
  expect(window.host.addAccount).toHaveBeenCalledWith(
    expect.objectContaining({ client_id: "abide-desktop", register: false, client_secret_file: null }),
  );
});

test("a link that has gone shows nothing, and the next one takes the place of the last", async () => {
  const links = [
    { issuer: "https://one.example.net", host: "one.example.net", client_id: null },
    { issuer: "https://two.example.net", host: "two.example.net", client_id: null },
  ];
  const window = await open(snapshot([active()]), { accountLink: async () => links.shift() ?? null });
  await window.navigate("link");
  expect(window.field("issuer").value).toBe("https://one.example.net");
  await window.navigate("link");
  expect(window.field("issuer").value).toBe("https://two.example.net");
  await window.click(window.button("‹Back"));
  await window.navigate("link");
  expect(window.text()).not.toContain("A link asks");
});
