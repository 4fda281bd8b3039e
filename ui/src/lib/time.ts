// Time left, counted down between two snapshots. Nothing here reads a clock.
import type { SessionStatus, Snapshot } from "./wire";

/** Whole seconds left of `seconds` that were left `elapsed` seconds ago; never below 0. */
export function secondsLeft(seconds: number, elapsed: number): number {
  return Math.max(0, Math.ceil(seconds - Math.max(0, elapsed)));
}

/** The part of the ring that is left, from 0 to 1; `null` when nothing runs. */
export function fraction(status: SessionStatus, elapsed: number): number | null {
  if (status.expires_in === null || status.lifetime === null || status.lifetime <= 0) return null;
  return Math.min(1, Math.max(0, (status.expires_in - Math.max(0, elapsed)) / status.lifetime));
}

/**
 * How urgent the ring looks: amber in the last quarter, red in the last minute and while the question is up; barred while
 * the session is frozen.
 */
export type Tone = "off" | "waiting" | "frozen" | "calm" | "soon" | "urgent";

export function tone(status: SessionStatus, elapsed: number): Tone {
  if (status.state === "signed_out" || status.state === "ended") return "off";
  if (status.state === "authorizing") return "waiting";
  if (status.frozen) return "frozen";
  const left = status.expires_in === null ? null : secondsLeft(status.expires_in, elapsed);
  if (status.state === "expiring" || (left !== null && left <= 60)) return "urgent";
  const part = fraction(status, elapsed);
  return part !== null && part <= 0.25 ? "soon" : "calm";
}

/** Seconds until something that is shown looks different, or `null` when nothing moves. */
export function untilNextChange(snapshot: Snapshot, elapsed: number): number | null {
  const waits: number[] = [];
  const toWholeSecond = (seconds: number) => {
    const rest = seconds - elapsed;
    const part = rest - Math.floor(rest);
    return part === 0 ? 1 : part;
  };
  for (const status of snapshot.accounts) {
    if (status.state === "ended" && status.ended_at !== null) waits.push(15);
    if (status.expires_in === null || status.expires_in <= elapsed) continue;
    const left = status.expires_in - elapsed;
    // Seconds are shown below two minutes; above, the ring moves on by a degree at a time.
    if (left <= 121) waits.push(toWholeSecond(status.expires_in));
    else waits.push(Math.min(15, Math.max(1, (status.lifetime ?? 0) / 360), left - 120));
  }
  for (const question of snapshot.questions) {
    if (question.seconds_left > elapsed) waits.push(toWholeSecond(question.seconds_left));
  }
  // How long ago an app has asked, and a grant was used.
  if ((snapshot.consents?.length ?? 0) > 0) waits.push(1);
  else if ((snapshot.grants?.length ?? 0) > 0) waits.push(15);
  return waits.length === 0 ? null : Math.min(...waits);
}
