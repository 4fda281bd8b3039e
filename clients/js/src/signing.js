// The scheme of signed requests (docs/signed-requests.md). Pure: no network, no clock.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export const SCHEME = "Abide-HMAC";
export const ANSWERED = "abide-signature";

const KEY = /^abide_hmac_([0-9a-f]{16})_([A-Za-z0-9_-]{20,128})$/;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A client key that signs. It does not print. */
export class Key {
  #secret;

  constructor(text) {
    const found = KEY.exec(text.trim());
    if (!found) {
      throw new TypeError("This is not a key that signs requests. `abide clients allow NAME`, without --plain, makes one.");
    }
    this.id = found[1];
    this.#secret = found[2];
  }

  /** The HMAC-SHA256 of a text, in hexadecimal digits. */
  mac(text) {
    return createHmac("sha256", this.#secret).update(text).digest("hex");
  }
}

/** A request and its answer, as far as both signatures have it in common. */
export class Exchange {
  constructor(key, { method, target, cnonce, connection }) {
    this.key = key;
    this.method = method;
    this.target = target;
    this.cnonce = cnonce;
    this.connection = connection;
  }

  /** What the client signs. */
  request(body, nonce) {
    const { key, method, target, cnonce, connection } = this;
    return ["abide-request-v1", key.id, method, target, sha256(body), nonce, cnonce, connection].join("\n");
  }

  /** What the agent signs. `body` is `null` for a stream of events. */
  answer(status, body) {
    const { key, method, target, cnonce, connection } = this;
    const digest = body === null ? "stream" : sha256(body);
    return ["abide-answer-v1", key.id, method, target, status, digest, cnonce, connection].join("\n");
  }

  /** The header of the request; without a nonce, that of a request for one. */
  authorization(body, nonce) {
    const { key, cnonce } = this;
    if (nonce === undefined) return `${SCHEME} id=${key.id},cnonce=${cnonce}`;
    return `${SCHEME} id=${key.id},nonce=${nonce},cnonce=${cnonce},mac=${key.mac(this.request(body, nonce))}`;
  }

  /** Whether the agent that has the key gave this answer to this request. */
  answered(status, body, signature) {
    const expected = Buffer.from(this.key.mac(this.answer(status, body)));
    const found = Buffer.from(typeof signature === "string" ? signature : "");
    return expected.length === found.length && timingSafeEqual(expected, found);
  }
}
