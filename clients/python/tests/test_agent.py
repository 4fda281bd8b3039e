"""Against a real agent, which `./x test` starts: tests/tests/client_libraries.rs."""

import asyncio
import http.client
import json
import os
import secrets
import socket
import threading
import unittest
from urllib.parse import urlsplit

from abide_client import Abide, AbideError, AgentNotProved, AgentNotRunning
from abide_client._signing import ANSWERED, Exchange, Key

ADDRESS = os.environ.get("ABIDE_TEST_ADDRESS")
KEY = os.environ.get("ABIDE_TEST_KEY")
PLAIN = os.environ.get("ABIDE_TEST_PLAIN_KEY")
API = os.environ.get("ABIDE_TEST_API")
COMMAND = os.environ.get("ABIDE_TEST_COMMAND")


class Raw:
    """One connection to the agent, on which a test signs what it likes."""

    def __init__(self, address=ADDRESS):
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        self.connection.connect()
        (own, own_port), (peer, peer_port) = self.connection.sock.getsockname(), self.connection.sock.getpeername()
        self.name = f"{own}:{own_port} {peer}:{peer_port}"

    def exchange(self, method, target):
        return Exchange(Key(KEY), method, target, secrets.token_urlsafe(24), self.name)

    def send(self, method, target, authorization, body=b"", headers={}):
        headers = {**headers, "Authorization": authorization}
        self.connection.request(method, target, body=body or None, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        return response.status, content, response.getheader(ANSWERED)

    def nonce(self):
        exchange = self.exchange("GET", "/v1/challenge")
        status, content, signature = self.send("GET", "/v1/challenge", exchange.authorization())
        assert exchange.answered(status, content, signature)
        return json.loads(content)["nonce"]


class Relay(threading.Thread):
    """A program between a client and the agent, which passes everything on and keeps it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.seen = b""
        self.start()

    def run(self):
        parts = urlsplit(ADDRESS)
        while True:
            client, _ = self.listener.accept()
            agent = socket.create_connection((parts.hostname, parts.port))
            threading.Thread(target=self.pump, args=(client, agent, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(agent, client, False), daemon=True).start()

    def pump(self, source, sink, asks):
        try:
            while data := source.recv(65536):
                self.seen += data
                if asks:
                    own = f":{self.listener.getsockname()[1]}".encode()
                    data = data.replace(own, f":{urlsplit(ADDRESS).port}".encode())
                sink.sendall(data)
        except OSError:
            pass
        finally:
            sink.close()


@unittest.skipUnless(ADDRESS, "there is no agent: `./x test client_libraries` starts one")
class Agent(unittest.TestCase):
    def setUp(self):
        self.abide = Abide(key=KEY, address=ADDRESS)

    def refused(self, raw, answer, exchange, code="invalid_signature"):
        status, content, signature = answer
        self.assertEqual((status, json.loads(content)["error"]), (401, code))
        self.assertTrue(exchange.answered(status, content, signature), "a refusal is signed too")

    def test_a_signed_request_gets_a_token(self):
        token = self.abide.token(account="work")
        self.assertEqual((token.account, token.token_type), ("work", "Bearer"))
        self.assertNotIn(token.access_token, repr(token))
        self.assertEqual(self.abide.session("work")["state"], "active")
        self.assertTrue(self.abide.claims("work")["claims"])

    def test_the_agent_is_found_by_itself(self):
        self.assertEqual(Abide(key=KEY).session("work")["account"], "work")
        self.assertEqual(Abide().session("work")["account"], "work", "over the socket, without a key")

    def test_a_refusal_of_the_agent_is_an_error_with_its_code(self):
        with self.assertRaises(AbideError) as refused:
            self.abide.token(account="nosuch")
        self.assertEqual(refused.exception.code, "unknown_account")
        with self.assertRaises(AbideError) as refused:
            self.abide.stronger("Bearer", account="work")
        self.assertEqual(refused.exception.code, "invalid_request", "the body has arrived")

    def test_a_request_is_good_once(self):
        raw = Raw()
        exchange = raw.exchange("GET", "/v1/sessions")
        authorization = exchange.authorization(b"", raw.nonce())
        status, content, signature = raw.send("GET", "/v1/sessions", authorization)
        self.assertEqual(status, 200)
        self.assertTrue(exchange.answered(status, content, signature))
        self.refused(raw, raw.send("GET", "/v1/sessions", authorization), exchange)
        # A refused request has used the nonce, too.
        nonce = raw.nonce()
        wrong = exchange.authorization(b"x", nonce)
        self.refused(raw, raw.send("GET", "/v1/sessions", wrong), exchange)
        self.refused(raw, raw.send("GET", "/v1/sessions", exchange.authorization(b"", nonce)), exchange)

    def test_only_what_was_signed_is_answered(self):
        raw = Raw()
        signed = raw.exchange("GET", "/v1/token?account=work")
        other = "/v1/token?account=work&activity=none"
        answer = raw.send("GET", other, signed.authorization(b"", raw.nonce()))
        exchange = Exchange(Key(KEY), "GET", other, signed.cnonce, raw.name)
        self.refused(raw, answer, exchange)

        signed = raw.exchange("POST", "/v1/token")
        kind = {"Content-Type": "application/json"}
        answer = raw.send("POST", "/v1/token", signed.authorization(b'{"a":1}', raw.nonce()), b'{"a":2}', kind)
        self.refused(raw, answer, signed)
        answer = raw.send("GET", "/v1/token", signed.authorization(b"", raw.nonce()))
        self.refused(raw, answer, Exchange(Key(KEY), "GET", "/v1/token", signed.cnonce, raw.name))

    def test_another_connection_cannot_use_a_request(self):
        victim, thief = Raw(), Raw()
        signed = victim.exchange("GET", "/v1/token")
        stolen = signed.authorization(b"", victim.nonce())
        as_thief = Exchange(Key(KEY), "GET", "/v1/token", signed.cnonce, thief.name)
        self.refused(thief, thief.send("GET", "/v1/token", stolen), as_thief)
        # Not even with a nonce of its own connection.
        signed = victim.exchange("GET", "/v1/token")
        stolen = signed.authorization(b"", thief.nonce())
        as_thief = Exchange(Key(KEY), "GET", "/v1/token", signed.cnonce, thief.name)
        self.refused(thief, thief.send("GET", "/v1/token", stolen), as_thief)

    def test_a_relay_gets_neither_key_nor_token(self):
        relay = Relay()
        with self.assertRaises(AgentNotProved):
            Abide(key=KEY, address=relay.address).token(account="work", reason="a-reason-to-find")
        self.assertIn(b"/v1/challenge", relay.seen)
        for secret in (KEY[len("abide_hmac_0123456789abcdef_") :].encode(), b"access_token", b"a-reason-to-find"):
            self.assertNotIn(secret, relay.seen)

    def test_a_wrong_agent_is_noticed(self):
        other = Abide(key="abide_hmac_0123456789abcdef_" + "a" * 43, address=ADDRESS)
        with self.assertRaises(AgentNotProved):
            other.token()
        listener = socket.create_server(("127.0.0.1", 0))

        def answer():
            client, _ = listener.accept()
            client.recv(65536)
            body = b'{"nonce":"bm9uY2Utb2YtdGhlLWFnZW50LTAwMDAwMDAwMDAwMDE"}'
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nAbide-Signature: {'0' * 64}\r\n\r\n"
            client.sendall(head.encode() + body)
            client.close()

        threading.Thread(target=answer, daemon=True).start()
        with self.assertRaises(AgentNotProved):
            Abide(key=KEY, address=f"http://127.0.0.1:{listener.getsockname()[1]}").token()

    def test_no_agent_is_an_error_of_its_own(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            free = taken.getsockname()[1]
        with self.assertRaises(AgentNotRunning):
            Abide(key=KEY, address=f"http://127.0.0.1:{free}").token()
        with self.assertRaises(ValueError):
            Abide(key=KEY, address="http://abide.example:80").token()

    def test_a_key_that_signs_is_refused_when_it_is_sent(self):
        raw = Raw()
        status, content, _ = raw.send("GET", "/v1/token", f"Bearer {KEY}")
        self.assertEqual((status, json.loads(content)["error"]), (401, "invalid_signature"))
        status, _, _ = raw.send("GET", "/v1/token", f"Bearer {PLAIN}")
        self.assertEqual(status, 200, "a plain key may be sent")
        self.assertRaises(ValueError, Abide, key=PLAIN)

    def test_keep_and_logout_are_the_commands(self):
        abide = Abide(key=KEY, address=ADDRESS, command=COMMAND)
        abide.activity("work")
        abide.keep("work")
        with self.assertRaises(AbideError) as refused:
            abide.logout("nosuch")
        self.assertEqual(refused.exception.code, "logout_failed")

    def test_requests(self):
        try:
            import requests
        except ImportError:
            self.skipTest("requests is not installed")
        from abide_client.requests_auth import AbideAuth

        auth = AbideAuth(API, account="work", abide=self.abide)
        answer = requests.get(API, auth=auth, timeout=10)
        self.assertEqual((answer.status_code, bool(answer.json()["sub"])), (200, True))
        elsewhere = requests.Request("GET", "https://api.example.com/", auth=auth).prepare()
        self.assertNotIn("Authorization", elsewhere.headers)
        with self.assertRaises(ValueError):
            AbideAuth("http://api.example.com", abide=self.abide)

    def test_httpx(self):
        try:
            import httpx
        except ImportError:
            self.skipTest("httpx is not installed")
        from abide_client.httpx_auth import AbideAuth

        auth = AbideAuth(API, account="work", abide=self.abide)
        with httpx.Client(auth=auth, trust_env=False) as client:
            self.assertEqual(client.get(API).status_code, 200)

        async def concurrently():
            async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
                answers = await asyncio.gather(*(client.get(API) for _ in range(5)))
                return [answer.status_code for answer in answers]

        self.assertEqual(asyncio.run(concurrently()), [200] * 5)
        elsewhere = next(auth.sync_auth_flow(httpx.Request("GET", "https://api.example.com/")))
        self.assertNotIn("Authorization", elsewhere.headers)


if __name__ == "__main__":
    unittest.main()
