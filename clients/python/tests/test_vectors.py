import json
import unittest
from pathlib import Path

from abide_client._signing import Exchange, Key

VECTORS = json.loads((Path(__file__).parents[2] / "signed-requests.json").read_text("utf-8"))["requests"]


class Vectors(unittest.TestCase):
    def test_requests_and_answers(self):
        for vector in VECTORS:
            with self.subTest(vector["name"]):
                key = Key(vector["key"])
                names = ("method", "target", "cnonce", "connection")
                exchange = Exchange(key, *(vector[name] for name in names))
                body = vector["body"].encode()
                self.assertEqual(exchange.request(body, vector["nonce"]), vector["signed"])
                self.assertEqual(key.mac(vector["signed"]), vector["mac"])
                self.assertEqual(exchange.authorization(body, vector["nonce"]), vector["authorization"])
                answer = vector["answer"]
                answered = None if answer["body"] is None else answer["body"].encode()
                self.assertEqual(exchange.answer(answer["status"], answered), answer["signed"])
                self.assertTrue(exchange.answered(answer["status"], answered, answer["mac"]))
                self.assertFalse(exchange.answered(answer["status"] + 1, answered, answer["mac"]))
                for wrong in (None, "", "\xe9", answer["mac"][1:], answer["mac"] + "0"):
                    self.assertFalse(exchange.answered(answer["status"], answered, wrong))

    def test_a_key_neither_prints_nor_is_a_plain_one(self):
        key = Key(VECTORS[0]["key"])
        self.assertNotIn(VECTORS[0]["secret"], repr(key) + str(vars(Exchange(key, "GET", "/", "c", "socket"))))
        for wrong in ("", "abide_plainplainplainplainplainplain", VECTORS[0]["key"][:-30], "abide_hmac_x_" + "a" * 43):
            with self.assertRaises(ValueError):
                Key(wrong)


if __name__ == "__main__":
    unittest.main()
