// The three sessions behind a sign-in, in words. Authentication methods are worded as in crates/cli/src/view/layers.rs; a test
// compares them.
import { list, text } from "./locale.svelte";
import { ago, at, since, until } from "./time-words";
import type { Layer, LayerStatus, LimitSource, SessionStatus } from "./wire";

/** The values of `amr` (RFC 8176, section 2) that have words. */
export const METHODS = [
  "pwd", "pin", "otp", "sms", "tel", "hwk", "swk", "pop", "sc", "face", "fpt", "iris", "retina", "vbm", "geo", "kba", "mca", "rba", "user", "wia",
] as const;
/** The values of `acr` that have words (RFC 6711 has where they are registered). */
const CLASSES = ["phr", "phrh"] as const;

const isMethod = (value: string): value is (typeof METHODS)[number] => (METHODS as readonly string[]).includes(value);
const isClass = (value: string): value is (typeof CLASSES)[number] => (CLASSES as readonly string[]).includes(value);

/** The authentication methods in words: `password and one-time code (level 2)`; empty if unknown. */
export function recognized(methods: string[]): string {
  const said = new Set<string>();
  const others = new Set<string>();
  let several = false;
  for (const method of methods) {
    if (isMethod(method)) said.add(text(`method-${method}`));
    else if (method === "mfa") several = true;
    // An authentication context class (`acr`): levels of ISO/IEC 29115 are numbers.
    else if (/^[0-9]+$/.test(method)) others.add(text("method-level", { level: method }));
    else if (method !== "") others.add(isClass(method) ? text(`method-${method}`) : method);
  }
  // “Several factors” is needed only if they are not named.
  if (several && said.size === 0) said.add(text("method-several"));
  else if (several && said.size === 1) said.add(text("method-another"));
  const behind = [...others].join(", ");
  if (said.size === 0) return behind;
  const named = list([...said]);
  return behind === "" ? named : text("method-at-level", { methods: named, level: behind });
}

export function layerOf(status: SessionStatus, which: Layer): LayerStatus | undefined {
  return status.layers.find((layer) => layer.layer === which);
}

/** A layer in words: whose session it is, its times, and the evidence. */
export interface LayerText {
  layer: Layer;
  title: string;
  text: string;
  how: string;
}

/** The layers, from the user outwards. */
export function layerTexts(status: SessionStatus, nowUnix: number): LayerText[] {
  return status.layers.map((layer) => {
    switch (layer.layer) {
      case "application":
        return { layer: layer.layer, title: text("layer-application"), ...application(status, layer, nowUnix) };
      case "provider":
        return { layer: layer.layer, title: text("layer-provider", { name: layer.name }), ...provider(status, layer, nowUnix) };
      case "identity_provider":
        return { layer: layer.layer, title: text("layer-identity_provider", { name: layer.name }), ...identity(layer, nowUnix) };
    }
  });
}

function began(layer: LayerStatus, nowUnix: number): string {
  return layer.since === null ? text("layer-since-unknown") : text("layer-since", { since: since(layer.since, nowUnix) });
}

function over(layer: LayerStatus, nowUnix: number): string {
  return layer.ends_at === null ? text("layer-ended") : text("layer-ended-at", { at: at(layer.ends_at, nowUnix) });
}

function application(status: SessionStatus, layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  const how = text("evidence-own_limits");
  if (layer.state === "ended") return { text: over(layer, nowUnix), how };
  const start = began(layer, nowUnix);
  return { text: layer.ends_at === null ? start : `${start} ${end(status, layer.ends_at, nowUnix)}`, how };
}

/** Whether a renewal moves the end that this parameter declares, as in crates/session/src/provider_limits.rs. */
export const movesWithRenewal = (source: LimitSource) => source === "refresh_token_timeout" || source === "refresh_expires_in";

/** An end that the provider declared, with the parameter. */
function declared(source: LimitSource, endsAt: number, latest: number | null, nowUnix: number): string {
  const then = { at: at(endsAt, nowUnix), source };
  if (!movesWithRenewal(source)) return text("layer-ends-declared", then);
  if (latest === null) return text("layer-ends-declared-renewed", then);
  return text("layer-ends-declared-renewed-latest", { ...then, latest: at(latest, nowUnix) });
}

function end(status: SessionStatus, endsAt: number, nowUnix: number): string {
  const limit = status.limit ?? "idle";
  const then = { at: at(endsAt, nowUnix) };
  if (limit === "provider" && status.provider_limit !== null) return declared(status.provider_limit, endsAt, status.at_most_until, nowUnix);
  if (limit === "absolute" || limit === "access_token" || status.at_most_until === null) return text(`layer-ends-${limit}`, then);
  return text(`layer-ends-${limit}-latest`, { ...then, latest: at(status.at_most_until, nowUnix) });
}

function provider(status: SessionStatus, layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  if (layer.state === "unknown" && (status.provider_end === "ended" || status.provider_end === "goes_on")) {
    return { text: text(`layer-tested-${status.provider_end}`), how: text("layer-tested") };
  }
  if (layer.state === "unknown") return { text: text("layer-unknown"), how: text("evidence-nothing") };
  const how = evidence(layer, nowUnix);
  if (layer.state === "ended") return { text: over(layer, nowUnix), how };
  const ends = layer.ends_at === null ? text("layer-end-unknown") : endThere(status, layer.ends_at, nowUnix);
  return { text: `${began(layer, nowUnix)} ${ends}`, how };
}

function endThere(status: SessionStatus, endsAt: number, nowUnix: number): string {
  if (status.provider_limit !== null) return declared(status.provider_limit, endsAt, null, nowUnix);
  return text("layer-ends-renewed", { at: at(endsAt, nowUnix) });
}

function evidence({ evidence, checked_at }: LayerStatus, nowUnix: number): string {
  if (evidence === "own_limits" || evidence === "nothing" || checked_at === null) return text(`evidence-${evidence}`);
  return text(`evidence-${evidence}-ago`, { ago: ago(nowUnix - checked_at) });
}

function identity(layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  const end = layer.ends_at === null ? text("layer-end-unknown") : text("identity-until", { until: until(layer.ends_at, nowUnix) });
  return { text: signedIn(recognized(layer.methods), layer.since, nowUnix), how: end };
}

function signedIn(methods: string, when: number | null, nowUnix: number): string {
  if (when === null) return methods === "" ? text("identity-unknown") : text("identity-with", { methods });
  const then = { at: at(when, nowUnix) };
  return methods === "" ? text("identity-at", then) : text("identity-with-at", { ...then, methods });
}
