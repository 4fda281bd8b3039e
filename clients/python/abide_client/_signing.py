"""The scheme of signed requests (docs/signed-requests.md). Pure: no network, no clock."""

import hashlib
import hmac
import re

SCHEME = "Abide-HMAC"
ANSWERED = "Abide-Signature"
STREAM = "stream"

_KEY = re.compile(r"abide_hmac_([0-9a-f]{16})_([A-Za-z0-9_-]{20,128})")


class Key:
    """A client key that signs. It neither prints nor compares."""

    __slots__ = ("_secret", "id")

    def __init__(self, text):
        found = _KEY.fullmatch(text.strip())
        if not found:
            raise ValueError(
                "This is not a key that signs requests. `abide clients allow NAME`, without --plain, makes one."
            )
        self.id, secret = found.groups()
        self._secret = secret.encode()

    def __repr__(self):
        return f"Key({self.id})"

    def mac(self, text):
        """The HMAC-SHA256 of a text, in hexadecimal digits."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


class Exchange:
    """A request and its answer, as far as both signatures have it in common."""

    def __init__(self, key, method, target, cnonce, connection):
        self.key = key
        self._common = (key.id, method, target)
        self.cnonce = cnonce
        self._connection = connection

    def request(self, body, nonce):
        """What the client signs."""
        digest = hashlib.sha256(body).hexdigest()
        return "\n".join(("abide-request-v1", *self._common, digest, nonce, self.cnonce, self._connection))

    def answer(self, status, body):
        """What the agent signs. `body` is `None` for a stream of events."""
        digest = STREAM if body is None else hashlib.sha256(body).hexdigest()
        return "\n".join(("abide-answer-v1", *self._common, str(status), digest, self.cnonce, self._connection))

    def authorization(self, body=b"", nonce=None):
        """The header of the request; without a nonce, that of a request for one."""
        if nonce is None:
            return f"{SCHEME} id={self.key.id},cnonce={self.cnonce}"
        mac = self.key.mac(self.request(body, nonce))
        return f"{SCHEME} id={self.key.id},nonce={nonce},cnonce={self.cnonce},mac={mac}"

    def answered(self, status, body, signature):
        """Whether the agent that has the key gave this answer to this request."""
        # As bytes: a header may contain what `compare_digest` does not accept as text.
        return hmac.compare_digest(self.key.mac(self.answer(status, body)).encode(), (signature or "").encode())
