// The three layers on one axis of time. Pure: positions are per cent of the axis, times are Unix seconds.
import { layerOf } from "./layers";
import type { Layer, LayerStatus, SessionStatus } from "./wire";

/** What a part of a bar says. */
export type Kind =
  /** It was like that. */
  | "past"
  /** It will be like that as far as is known: up to a declared end, or to the end without use. */
  | "declared"
  /** The longest that it can last. */
  | "possible"
  /** Unknown. */
  | "unknown";

export interface Part {
  kind: Kind;
  from: number;
  to: number;
  /** Whether it began before the axis, or continues after it. */
  cutStart: boolean;
  cutEnd: boolean;
}

export interface Bar {
  layer: Layer;
  parts: Part[];
}

export interface Timeline {
  /** From the outermost to the innermost. */
  bars: Bar[];
  now: number;
  /** When our own session began, and its last possible end: the axis is made for them. */
  begin: number;
  end: number;
  beginAt: number;
  endAt: number;
}

/** The part of the axis before our session's begin, and after its last end. */
const MARGIN = 0.05;

/** The picture of a session; `null` where there is nothing to draw. */
export function timeline(status: SessionStatus, now: number): Timeline | null {
  const own = layerOf(status, "application");
  const last = status.at_most_until ?? own?.ends_at ?? null;
  if (own === undefined || own.since === null || own.state !== "active" || last === null || last <= own.since) return null;
  const margin = (last - own.since) * MARGIN;
  const [start, stop] = [own.since - margin, Math.max(last, now) + margin];
  const at = (time: number) => Math.min(100, Math.max(0, ((time - start) / (stop - start)) * 100));
  const part = (kind: Kind, from: number, to: number): Part[] =>
    from < to && to > start && from < stop
      ? [{ kind, from: at(from), to: at(to), cutStart: from < start, cutEnd: to > stop }]
      : [];

  const end = own.ends_at ?? last;
  const application = [
    ...part("past", own.since, Math.min(now, end)),
    ...part("declared", Math.max(own.since, now), end),
    ...part("possible", end, last),
  ];

  function behind(layer: LayerStatus, began: number): Part[] {
    const since = layer.since;
    switch (layer.state) {
      case "unknown":
        return part("unknown", since ?? start, stop);
      case "ended":
        return since === null || layer.ends_at === null ? [] : part("past", since, layer.ends_at);
      case "active":
        return [
          // The user was signed in there when Abide's session began; the time before that is unknown.
          ...(since === null ? part("unknown", start, began) : []),
          ...part("past", since ?? began, now),
          ...(layer.ends_at === null ? part("unknown", now, stop) : part("declared", now, layer.ends_at)),
        ];
    }
  }

  const bars: Bar[] = [];
  for (const which of ["identity_provider", "provider"] as const) {
    const layer = layerOf(status, which);
    if (layer === undefined) continue;
    bars.push({ layer: which, parts: behind(layer, own.since) });
  }
  bars.push({ layer: "application", parts: application });
  return { bars, now: at(now), begin: at(own.since), end: at(last), beginAt: own.since, endAt: last };
}
