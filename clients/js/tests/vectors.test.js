import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { inspect } from "node:util";

import { Exchange, Key } from "../src/signing.js";

const { requests } = JSON.parse(await readFile(new URL("../../signed-requests.json", import.meta.url), "utf8"));

for (const vector of requests) {
  test(`vector: ${vector.name}`, () => {
    const key = new Key(vector.key);
    const exchange = new Exchange(key, vector);
    const body = Buffer.from(vector.body);
    assert.equal(exchange.request(body, vector.nonce), vector.signed);
    assert.equal(key.mac(vector.signed), vector.mac);
    assert.equal(exchange.authorization(body, vector.nonce), vector.authorization);
    const { status, body: text, signed, mac } = vector.answer;
    const answered = text === null ? null : Buffer.from(text);
    assert.equal(exchange.answer(status, answered), signed);
    assert.ok(exchange.answered(status, answered, mac));
    assert.ok(!exchange.answered(status + 1, answered, mac));
    for (const wrong of [undefined, "", mac.slice(1), `${mac}0`]) assert.ok(!exchange.answered(status, answered, wrong));
  });
}

test("a key neither prints nor is a plain one", () => {
  const [{ key, secret }] = requests;
  assert.ok(!inspect(new Key(key), { showHidden: true }).includes(secret));
  assert.ok(!JSON.stringify(new Key(key)).includes(secret));
  for (const wrong of ["", "abide_plainplainplainplainplain", key.slice(0, -30), `abide_hmac_x_${"a".repeat(43)}`]) {
    assert.throws(() => new Key(wrong), TypeError);
  }
});
