"""Where the agent is, and one conversation with it: over the socket, or signed over TCP."""

import http.client
import json
import os
import secrets
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ._errors import AbideError, AgentNotProved, AgentNotRunning
from ._signing import ANSWERED, Exchange

# The agent may ask the user, who has 45 seconds to answer.
TIMEOUT = 60
# The longest answer that is read, in bytes.
LONGEST = 4 * 1024 * 1024


def runtime_folder(environment=os.environ):
    """The folder with the socket and `endpoint.json`."""

    def folder(name):
        path = environment.get(name, "")
        return Path(path) if path and Path(path).is_absolute() else None

    home = folder("HOME")
    if sys.platform == "win32":
        local = folder("LOCALAPPDATA") or folder("APPDATA")
        return local / "Abide" / "run" if local else None
    if sys.platform == "darwin":
        return home / "Library/Application Support/Abide/run" if home else None
    if (runtime := folder("XDG_RUNTIME_DIR")) and not _anyone_may_write(runtime):
        return runtime / "abide"
    state = folder("XDG_STATE_HOME") or (home and home / ".local/state")
    return state / "abide/run" if state else None


def _anyone_may_write(folder):
    """Whether every user may replace what is in a folder. The agent does not use it then."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def address_of(folder):
    """The agent's address over TCP, from `endpoint.json`. What answers there still has to prove itself."""
    try:
        return json.loads((folder / "endpoint.json").read_text())["http"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AgentNotRunning("Abide is not running: its address was not found.") from error


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _named(address):
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connection_name(sock):
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return "socket"
    return f"{_named(sock.getsockname())} {_named(sock.getpeername())}"


def _opened(connection):
    try:
        connection.connect()
    except OSError as error:
        raise AgentNotRunning(f"No agent answers ({error}).") from error
    # A nonce is good on its own connection only.
    connection.auto_open = 0
    return connection


def _answer(connection):
    response = connection.getresponse()
    body = response.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise AbideError("answer_too_long", "The answer is too long.")
    return response, body


def _read(status, body):
    try:
        content = json.loads(body) if body else None
    except ValueError as error:
        raise AbideError("answer_unreadable", "The answer is not JSON.") from error
    if status >= 400:
        refused = content if isinstance(content, dict) else {}
        description = refused.get("error_description", f"The agent answered with {status}.")
        raise AbideError(refused.get("error", "refused"), description, refused.get("case"))
    return content


def over_socket(path, method, target, content=None, timeout=TIMEOUT):
    """Asks over the socket, which the system protects: only this user's agent can be there."""
    connection = _opened(_OverSocket(path, timeout))
    try:
        body, headers = _body(content)
        connection.request(method, target, body=body or None, headers=headers)
        response, answer = _answer(connection)
    except (OSError, http.client.HTTPException) as error:
        raise AgentNotRunning(f"The agent did not answer ({error}).") from error
    finally:
        connection.close()
    return _read(response.status, answer)


def _body(content):
    if content is None:
        return b"", {}
    return json.dumps(content).encode(), {"Content-Type": "application/json"}


def signed(address, key, method, target, content=None, timeout=TIMEOUT):
    """Asks over TCP. The key is not sent, and an answer that is not signed with it is not used."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1", "localhost") or not parts.port:
        raise ValueError("The address of Abide is http://127.0.0.1:PORT.")
    connection = _opened(http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout))
    try:
        name = _connection_name(connection.sock)

        def ask(method, target, body=b"", headers={}, nonce=None):
            exchange = Exchange(key, method, target, secrets.token_urlsafe(24), name)
            headers = {**headers, "Authorization": exchange.authorization(body, nonce)}
            connection.request(method, target, body=body or None, headers=headers)
            response, answer = _answer(connection)
            if not exchange.answered(response.status, answer, response.getheader(ANSWERED)):
                raise AgentNotProved()
            return _read(response.status, answer)

        # The agent proves itself before it is told anything.
        nonce = ask("GET", "/v1/challenge")["nonce"]
        body, headers = _body(content)
        return ask(method, target, body, headers, nonce)
    except (OSError, http.client.HTTPException) as error:
        raise AgentNotRunning(f"The agent did not answer ({error}).") from error
    finally:
        connection.close()
