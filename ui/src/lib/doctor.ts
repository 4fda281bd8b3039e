// The checks of the help page, and the report that can be copied. Both hold no secret: only what is listed here.
import { duration } from "./text";
import type { Diagnosis, Snapshot, VaultMode } from "./wire";

export type Level = "ok" | "warn" | "fail";

export interface Check {
  name: string;
  level: Level;
  text: string;
  /** What to do; empty if there is nothing to do. */
  advice: string;
}

/** Seconds that two clocks may differ; ID tokens are checked with this tolerance. */
const MAX_SKEW = 60;

const VAULT: Record<VaultMode, Omit<Check, "name">> = {
  keyring: { level: "ok", text: "Encrypted on disk. The key is in the keyring of your system.", advice: "" },
  passphrase: { level: "ok", text: "Encrypted on disk with your passphrase.", advice: "" },
  memory: {
    level: "warn",
    text: "In memory only. After a restart you sign in again.",
    advice: "Unlock or install a keyring, or set `mode` under [vault] in the configuration.",
  },
};

export function checks(found: Diagnosis, snapshot: Snapshot): Check[] {
  const { presence, configuration } = found;
  const all: Check[] = [
    { name: "Abide", level: "ok", text: `Version ${found.version} on ${found.system}, at ${found.endpoint}.`, advice: "" },
    { name: "Stored sessions", ...VAULT[found.vault] },
    detected("Locked screen", presence.lock, "Abide cannot detect a locked screen. Time limits still apply."),
    detected("Sleep", presence.sleep, "Abide cannot detect sleep. It checks the time limits when the computer wakes up.", "ok"),
    detected("Keyboard and mouse", presence.input === null ? [] : [presence.input], "Abide cannot detect that you use this computer. It asks you instead."),
  ];
  const errors = configuration.problems.filter((problem) => problem.severity === "error");
  all.push({
    name: "Configuration",
    level: configuration.ok ? "ok" : "fail",
    text: errors.length === 0 ? `${configuration.file}: no problems found.` : `${configuration.file}: ${errors.length === 1 ? "1 problem" : `${errors.length} problems`}.`,
    advice: "",
  });
  for (const problem of configuration.problems) {
    const place = problem.line === null ? "" : ` (line ${problem.line})`;
    all.push({
      name: problem.account ?? "Configuration",
      level: problem.severity === "error" ? "fail" : "warn",
      text: `${problem.message}${place}`,
      advice: problem.suggestion ?? "",
    });
  }
  const seen = new Set<string>();
  for (const { provider, clock_skew: skew } of snapshot.accounts) {
    if (skew === null || seen.has(provider)) continue;
    seen.add(provider);
    const apart = Math.abs(skew);
    const direction = skew > 0 ? "ahead of" : "behind";
    const bad = apart > MAX_SKEW;
    all.push({
      name: "Clock",
      level: bad ? "fail" : "ok",
      text: apart === 0 ? `The same as the clock of ${provider}.` : `The clock of ${provider} is ${duration(apart)} ${direction} this computer’s.`,
      advice: bad ? "Set the clock of this computer automatically. If it is right, tell the administrators of the provider." : "",
    });
  }
  for (const text of snapshot.warnings) all.push({ name: "Message", level: "warn", text, advice: "" });
  for (const { account, last_error } of snapshot.accounts) {
    if (last_error !== null) all.push({ name: account, level: "warn", text: last_error, advice: "" });
  }
  return all;
}

function detected(name: string, sources: string[], without: string, level: Level = "warn"): Check {
  return sources.length > 0
    ? { name, level: "ok", text: `Detected by ${sources.join(", ")}.`, advice: "" }
    : { name, level, text: without, advice: "" };
}

/** The folder of a user, which has the user's name. */
const HOME = /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)[^\s/\\]+/g;

/** The report: the checks, and the state of each account without names of users. */
export function report(found: Diagnosis, snapshot: Snapshot): string {
  const lines = checks(found, snapshot).map(({ name, level, text }) => `${level.padEnd(4)}  ${name}: ${text}`);
  for (const status of snapshot.accounts) {
    const ended = status.ended === null ? "" : `, ended: ${status.ended}`;
    const code = status.last_error_code === null ? "" : `, error: ${status.last_error_code}`;
    const signals = status.signals.map(({ signal, state }) => `${signal} ${state}`).join(", ");
    lines.push(`account ${status.account} at ${status.issuer}: ${status.state}${ended}${code}${signals === "" ? "" : `; ${signals}`}`);
  }
  return lines.join("\n").replace(HOME, "~");
}
