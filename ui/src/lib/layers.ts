// The three sessions behind a sign-in, in words. Authentication methods are worded as in crates/cli/src/view/layers.rs; a test
// compares them.
import { ago, timeOfDay } from "./text";
import type { Layer, LayerStatus, SessionStatus } from "./wire";

/** Words for the values of `amr` (RFC 8176, section 2). */
export const METHODS = new Map([
  ["pwd", "password"],
  ["pin", "PIN"],
  ["otp", "one-time code"],
  ["sms", "text message"],
  ["tel", "phone call"],
  ["hwk", "security key"],
  ["swk", "key on your device"],
  ["pop", "key of yours"],
  ["sc", "smart card"],
  ["face", "face"],
  ["fpt", "fingerprint"],
  ["iris", "iris"],
  ["retina", "retina"],
  ["vbm", "voice"],
  ["geo", "location"],
  ["kba", "security questions"],
  ["mca", "second channel"],
  ["rba", "risk check"],
  ["user", "presence check"],
  ["wia", "Windows sign-in"],
]);

const CLASSES = new Map([
  ["phr", "phishing-resistant"],
  ["phrh", "phishing-resistant, in hardware"],
]);

/** The authentication methods in words: `password and one-time code (level 2)`; empty if unknown. */
export function recognized(methods: string[]): string {
  const said = new Set<string>();
  const others = new Set<string>();
  let several = false;
  for (const method of methods) {
    const words = METHODS.get(method);
    if (words !== undefined) said.add(words);
    else if (method === "mfa") several = true;
    // An authentication context class (`acr`): levels of ISO/IEC 29115 are numbers.
    else if (/^[0-9]+$/.test(method)) others.add(`level ${method}`);
    else if (method !== "") others.add(CLASSES.get(method) ?? method);
  }
  // “Several factors” is needed only if they are not named.
  if (several && said.size === 0) said.add("several factors");
  else if (several && said.size === 1) said.add("another factor");
  const behind = [...others].join(", ");
  if (said.size === 0) return behind;
  return behind === "" ? list([...said]) : `${list([...said])} (${behind})`;
}

function list(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
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
        return { layer: layer.layer, title: "Your session in Abide", ...application(status, layer, nowUnix) };
      case "provider":
        return { layer: layer.layer, title: `Your session at ${layer.name}`, ...provider(status, layer, nowUnix) };
      case "identity_provider":
        return { layer: layer.layer, title: `Your sign-in at ${layer.name}`, ...identity(layer, nowUnix) };
    }
  });
}

function since(layer: LayerStatus, nowUnix: number): string {
  return layer.since === null ? "Start time unknown." : `Since ${timeOfDay(layer.since, nowUnix)}.`;
}

function application(status: SessionStatus, layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  const how = "Measured by Abide.";
  if (layer.state === "ended") {
    return { text: layer.ends_at === null ? "It has ended." : `Ended at ${timeOfDay(layer.ends_at, nowUnix)}.`, how };
  }
  const ends = layer.ends_at === null ? "" : ` Ends at ${timeOfDay(layer.ends_at, nowUnix)}`;
  const latest = status.at_most_until === null ? "" : `, at ${timeOfDay(status.at_most_until, nowUnix)} at the latest`;
  const limit = {
    idle: ` if nothing uses it${latest}.`,
    provider: ` unless the provider renews it${latest}.`,
    absolute: ". This is the longest time.",
    access_token: ", with its access token: the provider gave no refresh token.",
  }[status.limit ?? "idle"];
  return { text: ends === "" ? since(layer, nowUnix) : `${since(layer, nowUnix)}${ends}${limit}`, how };
}

function provider(status: SessionStatus, layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  if (layer.state === "unknown" && (status.provider_end === "ended" || status.provider_end === "goes_on")) {
    const accepts = status.provider_end === "ended" ? "no longer accepts" : "still accepts";
    return { text: `It ${accepts} the tokens of your session.`, how: "Tested by Abide after the end." };
  }
  if (layer.state === "unknown") return { text: "Status unknown.", how: "The provider does not report it." };
  const heard = layer.checked_at === null ? "" : ` ${ago(nowUnix - layer.checked_at)}`;
  const how = {
    own_limits: "Measured by Abide.",
    id_token: `Learned at your sign-in${heard}.`,
    refresh: `Learned at the renewal${heard}.`,
    browser: `Reported by the tab in your browser${heard}.`,
    asked: `Abide asked the provider${heard}.`,
    told: `The provider sent a notification${heard}.`,
    nothing: "The provider does not report it.",
  }[layer.evidence];
  if (layer.state === "ended") {
    return { text: layer.ends_at === null ? "It has ended." : `Ended at ${timeOfDay(layer.ends_at, nowUnix)}.`, how };
  }
  const end =
    layer.ends_at === null ? "End time unknown." : `Ends at ${timeOfDay(layer.ends_at, nowUnix)} unless it is renewed.`;
  return { text: `${since(layer, nowUnix)} ${end}`, how };
}

function identity(layer: LayerStatus, nowUnix: number): Pick<LayerText, "text" | "how"> {
  const how = recognized(layer.methods);
  const at = layer.since === null ? "" : ` at ${timeOfDay(layer.since, nowUnix)}`;
  const text = how !== "" ? `With ${how}${at}.` : at !== "" ? `Signed in${at}. Method unknown.` : "Method unknown.";
  const end = layer.ends_at === null ? "End time unknown." : `You stay signed in there until ${timeOfDay(layer.ends_at, nowUnix)}.`;
  return { text, how: end };
}
