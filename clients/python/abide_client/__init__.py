"""Access tokens from Abide, the session keeper on this computer.

    from abide_client import Abide
    token = Abide().token(account="work")

With `requests`: `abide_client.requests_auth.AbideAuth`. With `httpx`: `abide_client.httpx_auth.AbideAuth`.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import quote, urlencode, urlsplit

from . import _endpoint
from ._errors import AbideError, AgentNotProved, AgentNotRunning
from ._signing import Key

__all__ = ["Abide", "AbideError", "AgentNotProved", "AgentNotRunning", "Token"]
__version__ = "0.1.0"


@dataclass(frozen=True)
class Token:
    """An access token."""

    access_token: str = field(repr=False)
    token_type: str
    expires_at: int
    scope: str
    account: str
    dpop: Optional[str] = field(default=None, repr=False)

    def headers(self):
        """The headers of a request with this token."""
        headers = {"Authorization": f"{self.token_type} {self.access_token}"}
        if self.dpop:
            headers["DPoP"] = self.dpop
        return headers


class Abide:
    """The agent of this user.

    Without a key it is asked over its socket, and the user is asked about this program the first time. With a key
    (`abide clients allow NAME`), given here or in `ABIDE_KEY`, requests are signed and go over TCP.
    """

    def __init__(self, *, key=None, address=None, socket=None, timeout=_endpoint.TIMEOUT, command="abide"):
        key = key or os.environ.get("ABIDE_KEY")
        self._key = Key(key) if key else None
        self._address = address
        self._socket = socket
        self._timeout = timeout
        self._command = command
        if not key and sys.platform == "win32":
            raise ValueError("On Windows this library needs a key: `abide clients allow NAME` makes one.")

    def token(self, account=None, *, resource=None, audience=None, scope=None, activity=True, reason=None,
              min_validity=None, htm=None, htu=None, nonce=None):
        """An access token. `activity=False` does not count as use of the session."""
        target = self._token_target(locals())
        return self._token(self._ask("GET", target))

    def stronger(self, www_authenticate, account=None, *, resource=None, audience=None, scope=None, reason=None):
        """A token after the stronger sign-in that a server asks for in `WWW-Authenticate` (RFC 9470)."""
        target = self._token_target(locals())
        return self._token(self._ask("POST", target, {"www_authenticate": www_authenticate}))

    def sessions(self):
        """The state of all sessions."""
        return self._ask("GET", "/v1/sessions")

    def session(self, account):
        """The state of one session."""
        return self._ask("GET", f"/v1/sessions/{quote(account, safe='')}")

    def claims(self, account):
        """The claims about the user."""
        return self._ask("GET", f"/v1/claims/{quote(account, safe='')}")

    def activity(self, account=None):
        """Counts as use of the session: the idle time begins again."""
        self.token(account)

    def keep(self, account=None):
        """Extends the session, with the command `abide`: only the user may do that."""
        self._run("keep", account)

    def logout(self, account=None):
        """Signs out, with the command `abide`: only the user may do that."""
        self._run("logout", account)

    def _run(self, name, account):
        words = [self._command, name, *(["--account", account] if account else [])]
        try:
            done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=self._timeout)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AbideError(f"{name}_failed", str(error)) from error
        if done.returncode != 0:
            raise AbideError(f"{name}_failed", done.stderr.strip() or f"{name} failed.")

    @staticmethod
    def _token_target(given):
        names = ("account", "resource", "audience", "scope", "reason", "min_validity", "htm", "htu", "nonce")
        pairs = []
        for name in names:
            value = given.get(name)
            values = value if isinstance(value, (list, tuple)) else [value]
            if name == "scope" and len(values) > 1:
                values = [" ".join(values)]
            pairs.extend((name, value) for value in values if value is not None)
        if given.get("activity") is False:
            pairs.append(("activity", "none"))
        return f"/v1/token?{urlencode(pairs)}" if pairs else "/v1/token"

    @staticmethod
    def _token(answer):
        names = ("access_token", "token_type", "expires_at", "scope", "account", "dpop")
        return Token(**{name: answer.get(name) for name in names})

    def _ask(self, method, target, content=None):
        folder = _endpoint.runtime_folder()
        if self._key:
            address = self._address or os.environ.get("ABIDE_ADDRESS") or (folder and _endpoint.address_of(folder))
            if not address:
                raise AgentNotRunning("The home folder of this user is not known.")
            return _endpoint.signed(address, self._key, method, target, content, self._timeout)
        path = self._socket or (folder and folder / "abide.sock")
        if not path:
            raise AgentNotRunning("The home folder of this user is not known.")
        return _endpoint.over_socket(path, method, target, content, self._timeout)


class _Origin:
    """Where a token may be sent."""

    def __init__(self, origin):
        self._wanted = self._of(origin)
        local = self._wanted[1] in ("localhost", "127.0.0.1", "::1")
        if self._wanted[0] != "https" and not local:
            raise ValueError("Tokens are sent over https, or to this computer.")

    @staticmethod
    def _of(url):
        parts = urlsplit(str(url))
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        return parts.scheme, parts.hostname, port

    def covers(self, url):
        return self._of(url) == self._wanted
