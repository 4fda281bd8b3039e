// The checks of the help page, and the report that can be copied. Both hold no secret: only what is listed here.
import { text } from "./locale.svelte";
import { inWords, languageOf } from "./problems";
import { duration } from "./time-words";
import type { Diagnosis, Snapshot } from "./wire";

export type Level = "ok" | "warn" | "fail";

export interface Check {
  name: string;
  level: Level;
  text: string;
  /** What to do; empty if there is nothing to do. */
  advice: string;
  /** The language of both, if it is not that of the window. */
  lang?: "en" | undefined;
}

/** Seconds that two clocks may differ; ID tokens are checked with this tolerance. */
const MAX_SKEW = 60;

export function checks(found: Diagnosis, snapshot: Snapshot): Check[] {
  const { presence, configuration } = found;
  const { version, system, endpoint } = found;
  const unkept = found.vault === "memory";
  const all: Check[] = [
    { name: "Abide", level: "ok", text: text("check-version", { version, system, endpoint }), advice: "" },
    { name: text("check-vault"), level: unkept ? "warn" : "ok", text: text(`check-vault-${found.vault}`), advice: unkept ? text("check-vault-advice") : "" },
    detected(text("check-lock"), presence.lock, text("check-lock-none")),
    detected(text("check-sleep"), presence.sleep, text("check-sleep-none"), "ok"),
    detected(text("check-input"), presence.input === null ? [] : [presence.input], text("check-input-none")),
  ];
  const { file } = configuration;
  const n = configuration.problems.filter((problem) => problem.severity === "error").length;
  all.push({
    name: text("check-configuration"),
    level: configuration.ok ? "ok" : "fail",
    text: n === 0 ? text("check-configuration-ok", { file }) : text("check-configuration-problems", { file, n }),
    advice: "",
  });
  for (const { account, line, message, severity, suggestion } of configuration.problems) {
    all.push({
      name: account ?? text("check-configuration"),
      level: severity === "error" ? "fail" : "warn",
      text: line === null ? message : text("check-configuration-line", { message, line: String(line) }),
      advice: suggestion ?? "",
      lang: "en",
    });
  }
  const seen = new Set<string>();
  for (const { provider, clock_skew: skew } of snapshot.accounts) {
    if (skew === null || seen.has(provider)) continue;
    seen.add(provider);
    const bad = Math.abs(skew) > MAX_SKEW;
    all.push({ name: text("check-clock"), level: bad ? "fail" : "ok", text: clock(provider, skew), advice: bad ? text("check-clock-advice") : "" });
  }
  for (const warning of snapshot.warnings) all.push({ name: text("check-message"), level: "warn", text: warning, advice: "", lang: "en" });
  for (const { account, last_error, last_error_code } of snapshot.accounts) {
    if (last_error !== null) all.push({ name: account, level: "warn", text: inWords(last_error_code, last_error), advice: "", lang: languageOf(last_error_code) });
  }
  return all;
}

function clock(provider: string, skew: number): string {
  if (skew === 0) return text("check-clock-same", { provider });
  const time = duration(Math.abs(skew));
  return skew > 0 ? text("check-clock-ahead", { provider, time }) : text("check-clock-behind", { provider, time });
}

function detected(name: string, sources: string[], without: string, level: Level = "warn"): Check {
  return sources.length > 0
    ? { name, level: "ok", text: text("check-detected", { sources: sources.join(", ") }), advice: "" }
    : { name, level, text: without, advice: "" };
}

/** The folder of a user, which has the user's name. */
const HOME = /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)[^\s/\\]+/g;

/** The report: the checks, and the state of each account without names of users. */
export function report(found: Diagnosis, snapshot: Snapshot): string {
  const lines = checks(found, snapshot).map((check) => `${check.level.padEnd(4)}  ${check.name}: ${check.text}`);
  for (const status of snapshot.accounts) {
    const ended = status.ended === null ? "" : `, ended: ${status.ended}`;
    const code = status.last_error_code === null ? "" : `, error: ${status.last_error_code}`;
    const signals = status.signals.map(({ signal, state }) => `${signal} ${state}`).join(", ");
    lines.push(`account ${status.account} at ${status.issuer}: ${status.state}${ended}${code}${signals === "" ? "" : `; ${signals}`}`);
  }
  return lines.join("\n").replace(HOME, "~");
}
