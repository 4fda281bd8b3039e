"""Tokens for `httpx`.

    client = httpx.Client(auth=AbideAuth("https://api.example.com", account="work"))
"""

import asyncio

import httpx

from . import Abide, _Origin


class AbideAuth(httpx.Auth):
    """Adds a token to requests to one origin, and to no other."""

    def __init__(self, origin, account=None, *, abide=None, **wanted):
        self._origin = _Origin(origin)
        self._abide = abide or Abide()
        self._wanted = {"account": account, **wanted}

    def _token(self, request):
        url = request.url.copy_with(query=None, fragment=None)
        return self._abide.token(htm=request.method, htu=str(url), **self._wanted)

    def sync_auth_flow(self, request):
        if self._origin.covers(request.url):
            request.headers.update(self._token(request).headers())
        yield request

    async def async_auth_flow(self, request):
        if self._origin.covers(request.url):
            # The agent is asked in a thread: it may ask the user, which takes a while.
            token = await asyncio.get_running_loop().run_in_executor(None, self._token, request)
            request.headers.update(token.headers())
        yield request
