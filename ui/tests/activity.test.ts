import { expect, test } from "vitest";
import entry from "../../crates/audit/src/entry.rs?raw";
import verify from "../../crates/audit/src/verify.rs?raw";
import * as activity from "../src/lib/activity";
import type { ActivityLine, ActivityPage } from "../src/lib/wire";
import { active, activityLine, keptGrant, open, settle, snapshot, status } from "./mount";

const noon = Date.UTC(2026, 0, 2, 12);
const at = (over: Partial<ActivityLine> = {}) => activityLine({ time: noon - 60_000, ...over });
const page = (lines: ActivityLine[], over: Partial<ActivityPage> = {}): ActivityPage => ({ lines, next: null, reached: null, unread: 0, ...over });
const hour = { served: 0, refused: 0, renewed: 0, began: 0, ended: 0 };

test("the events that have words are those of the record, and another one is shown by its name", () => {
  const events = [...entry.matchAll(/rename = "([a-z_.]+)"/g)].map(([, name]) => name!).filter((name) => name !== "unknown");
  expect(events).toEqual(expect.arrayContaining(Object.keys(activity.EVENT)));
  expect(activity.title(at({ event: "toString" }))).toBe("ToString");
  expect(activity.title(at({ event: "key.made" }))).toBe("Key made");
  expect(activity.title(at({ event: "unknown" }))).toBe("An event of a newer version of Abide");
});

test("every finding of a verification has its words", () => {
  const block = verify.slice(verify.indexOf("pub enum Finding"), verify.indexOf("/// What a verification found"));
  const codes = [...block.matchAll(/^ {4}([A-Z]\w+) \{/gm)].map(([, name]) => name!.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase());
  expect(codes.length).toBeGreaterThan(7);
  for (const code of codes) {
    expect(activity.finding({ code, line: 3, to: 4, file: "1.jsonl" }), code).not.toBe("Something else is wrong.");
  }
  expect(activity.finding({ code: "lines_missing", line: 3, to: 3, file: null })).toBe("Line 3 is missing.");
});

test("a day begins and ends at midnight, also where the clocks change", () => {
  const { from, to } = activity.day(noon);
  expect([from, to]).toEqual([Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 3)]);
  expect(activity.day(noon, -2).from).toBe(Date.UTC(2025, 11, 31));
  expect([0, -1, -2, -3].map((back) => activity.dayName(activity.day(noon, back).from, noon))).toEqual([
    "Today", "Yesterday", "Wednesday, 31 December 2025", "Tuesday, 30 December 2025",
  ]);
});

test("the plot is a sentence too", () => {
  const hours = Array.from({ length: 24 }, (_, i) => ({ ...hour, served: i === 9 ? 40 : 0, renewed: i === 9 ? 1 : 0 }));
  expect(activity.plotAloud(hours, Date.UTC(2026, 0, 2))).toBe("40 requests served, 0 refused, 1 renewal, 0 ends of sessions. Most requests from 09:00 to 10:00.");
});

async function opened(answers: Parameters<typeof open>[1] = {}, accounts = [active(), status({ account: "lab" })]) {
  const window = await open(snapshot(accounts), answers);
  await window.navigate("activity");
  await settle();
  return window;
}

test("an account is called by its title, and by its name too in the details", async () => {
  const accounts = [active({ label: "Example & Sons" }), status({ account: "lab" })];
  const window = await opened({ activity: async () => page([at(), at({ n: 2, account: "gone" })]) }, accounts);
  const options = [...window.target.querySelectorAll<HTMLOptionElement>(".filter select:last-of-type option")];
  expect(options.map((option) => [option.value, option.textContent])).toEqual([["", "All accounts"], ["work", "Example & Sons"], ["lab", "lab"]]);
  expect([...window.target.querySelectorAll(".more")].map((more) => more.textContent)).toEqual(["Example & Sons", "gone"]);
  expect(activity.details(at(), accounts)[0]).toEqual(["Account", "Example & Sons · work"]);
  const labelled = at({ caller: { kind: "program", name: null, program: "/usr/bin/claude", sha256: null, started_by: null, labels: ["coding_agent:Claude Code", "new:x"] } });
  expect(activity.details(labelled, accounts)).toContainEqual(["Says it is", "started by Claude Code, new:x"]);
  expect(activity.details(at({ account: null }), accounts)[0]![0]).not.toBe("Account");
});

test("today is shown first, and the days before as far as the record goes", async () => {
  const asked: (number | null)[] = [];
  const window = await opened({
    activity: async (query) => (asked.push(query.from), page([at()])),
    activityDay: async () => ({ hours: Array(24).fill(hour), oldest: Date.UTC(2026, 0, 1, 8) }),
  });
  expect(window.text()).toContain("Today");
  expect(window.text()).toContain("curl got a token");
  await window.click(window.button("‹"));
  expect(window.text()).toContain("Yesterday");
  expect(asked).toEqual([Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 1)]);
  // There is nothing before, and tomorrow is not there yet.
  await window.click(window.button("‹"));
  await window.click(window.button("›"));
  await window.click(window.button("›"));
  expect(asked).toHaveLength(3);
});

test("a search goes through all days, in steps, and says how far it went", async () => {
  const first = page([at({ n: 9 })], { next: 9, reached: noon - 40 * 86_400_000 });
  const window = await opened({ activity: async (query) => (query.text === "" ? page([]) : query.before === null ? first : page([at({ n: 3 })])) });
  await window.type("find", "curl");
  await window.pass(1);
  await settle();
  expect(window.text()).toContain("Searched back to Sunday, 23 November 2025.");
  expect(window.target.querySelectorAll("main li")).toHaveLength(1);
  await window.click(window.button("Search further back"));
  await settle();
  expect(window.target.querySelectorAll("main li")).toHaveLength(2);
  expect(window.labels()).not.toContain("Search further back");
});

test("a late answer does not fill the page of another day", async () => {
  let late: (page: ActivityPage) => void = () => {};
  const window = await opened({
    activity: (query) => (query.kinds.length === 0 ? new Promise((resolve) => (late = resolve)) : Promise.resolve(page([]))),
    activityDay: async () => ({ hours: [], oldest: null }),
  });
  const select = window.target.querySelector<HTMLSelectElement>("select")!;
  select.value = "changes";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  late(page([at()]));
  await settle();
  expect(window.text()).toContain("Nothing of this kind was recorded on this day.");
});

test("a line leads to its account, to its app, and to what apps may do", async () => {
  const window = await opened({ activity: async () => page([at()]) });
  const summary = window.target.querySelector<HTMLElement>("main li summary")!;
  summary.click();
  window.target.querySelector<HTMLDetailsElement>("main li details")!.dispatchEvent(new Event("toggle"));
  await settle();
  await window.click(window.button("All about this app"));
  expect(window.field("find").value).toBe("/usr/bin/curl");
  await settle();
  await window.click(window.button("Show the account"));
  expect(document.activeElement?.textContent).toBe("work");
});

test("from the chart of a grant to its lines", async () => {
  const window = await open(snapshot([active()]), { keptGrants: async () => ({ kept: [keptGrant()], policy: [] }) });
  await window.navigate("tools");
  await window.click(window.target.querySelector<HTMLElement>(".chart")!);
  await settle();
  expect(window.host.activity).toHaveBeenLastCalledWith(expect.objectContaining({ text: "/usr/bin/terraform", from: null }));
});

test("the record is verified and exported, and what does not fit is said", async () => {
  const bad = { ok: false, lines: 4, first: 1, last: 4, missing: 2, findings: [{ code: "line_changed", line: 3, to: null, file: null }], more: 0 };
  const window = await opened({ verifyRecord: async () => bad });
  await window.click(window.button("Verify"));
  await settle();
  expect(window.text()).toContain("The record is not as Abide wrote it. Line 3 was changed.");
  await window.click(window.button("Export"));
  await settle();
  expect(window.text()).toContain("Saved 4 lines in /home/alice/Downloads/abide-record.jsonl");
});

test("today grows with the snapshots, but not more often than every five seconds", async () => {
  const window = await opened();
  await window.show(snapshot([active()]));
  expect(window.host.activity).toHaveBeenCalledTimes(1);
  await window.pass(6);
  await window.show(snapshot([active()]));
  expect(window.host.activity).toHaveBeenCalledTimes(2);
});
